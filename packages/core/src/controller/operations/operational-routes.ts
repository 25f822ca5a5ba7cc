import { jsonAnswer, type Answer } from '../http/answer.ts'
import type { OpenRoute } from '../http/route.ts'

export type InvokerStatus = 'up' | 'down' | 'unhealthy' | 'unresponsive'

/** The invokers as a controller sees them, by names such as `invoker0/0`. */
export type InvokerStatuses = () => ReadonlyMap<string, InvokerStatus>

/** What an operator may ask a controller without credentials. */
export interface OperationalState {
  readonly invokers: InvokerStatuses
  /** Activations in flight here: id, and fully qualified name with version. */
  readonly inFlight: () => readonly (readonly [activationId: string, action: string])[]
}

/**
 * State of the invokers for load balancers and operators in front of the controller. Answers anybody, which is why
 * it can be left out.
 */
export function operationalRoutes(state: OperationalState, readyFraction: number): readonly OpenRoute[] {
  const { invokers: statuses, inFlight } = state
  const open = { method: 'GET', auth: 'none', cors: 'server', tag: 'Operations' } as const
  return [
    {
      ...open,
      path: '/invokers',
      summary: 'State of each invoker',
      responses: { 200: 'InvokerStates' },
      handle: () => jsonAnswer(200, JSON.stringify(Object.fromEntries(statuses()))),
    },
    {
      ...open,
      path: '/invokers/healthy/count',
      summary: 'How many invokers are healthy',
      responses: { 200: 'Number' },
      handle: () => jsonAnswer(200, String(countHealthy(statuses()))),
    },
    {
      ...open,
      path: '/invokers/ready',
      summary: 'Whether enough invokers are healthy',
      responses: { 200: 'Readiness', 500: 'Readiness' },
      handle: () => readiness(statuses(), readyFraction),
    },
    {
      ...open,
      path: '/activation',
      summary: 'Activations in flight on this controller',
      responses: { 200: 'ActivationsInFlight' },
      handle: () => jsonAnswer(200, JSON.stringify(inFlight())),
    },
    {
      ...open,
      path: '/activation/count',
      summary: 'How many activations are in flight on this controller',
      responses: { 200: 'Number' },
      handle: () => jsonAnswer(200, String(inFlight().length)),
    },
  ]
}

function readiness(statuses: ReadonlyMap<string, InvokerStatus>, readyFraction: number): Answer {
  const healthy = countHealthy(statuses)
  const all = statuses.size
  return all > 0 && healthy / all >= readyFraction
    ? jsonAnswer(200, JSON.stringify({ healthy: `${healthy}/${all}` }))
    : jsonAnswer(500, JSON.stringify({ unhealthy: `${all - healthy}/${all}` }))
}

function countHealthy(statuses: ReadonlyMap<string, InvokerStatus>): number {
  let healthy = 0
  for (const status of statuses.values()) if (status === 'up') healthy++
  return healthy
}
