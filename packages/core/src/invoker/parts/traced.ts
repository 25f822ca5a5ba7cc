import type { ActivationMessage } from '../../messages/activation-message.ts'
import type { TracedActivation } from '../../model/tracer.ts'

/** What observers are told of an activation whose request is traced; undefined for others. */
export function tracedActivation(message: ActivationMessage): TracedActivation | undefined {
  const { traceContext, activationId, transaction } = message
  return traceContext && { carrier: traceContext, activationId, transactionId: transaction.id }
}

/** The event of a stage that took `ms`. */
export function stageEvent(
  message: ActivationMessage,
  ms: number,
): { readonly ms: number; readonly traced?: TracedActivation } {
  const traced = tracedActivation(message)
  return traced ? { ms, traced } : { ms }
}
