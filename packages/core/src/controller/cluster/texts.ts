/** Results of activations whose invoker does not come back. Not of OpenWhisk, which leaves them without a record. */
export const INVOKER_GONE =
  'The activation was interrupted: its invoker is gone, and its action, which may have started, is not annotated as repeatable.'
export const INVOKER_GONE_BEFORE = 'The activation was not started: its invoker is gone, and no other can take it.'

/** Results of activations that a load balancer did not place as its contract says. What it threw stays in the log. */
export const BALANCER_THREW = 'The activation was not started: the load balancer failed.'

export function balancerAnswered(how: string): string {
  return `The activation was not started: the load balancer answered ${how}.`
}
