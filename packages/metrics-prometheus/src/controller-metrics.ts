import type { ControllerObserver } from '@stemcell/core'
import type { Registry } from 'prom-client'
import { CellFamily, HistogramFamily } from './metric-family.ts'
import { SECONDS } from './seconds.ts'

/** What a controller does: requests, placement, waiting callers, acknowledgements, and what it knows of invokers. */
export function controllerMetrics(register: Registry, stages: HistogramFamily): Required<ControllerObserver> {
  const requests = new HistogramFamily(register, SECONDS, {
    name: 'stemcell_http_request_duration_seconds',
    help: 'Duration of requests, from their head to the answer',
    labelNames: ['method', 'route', 'status'],
  })
  const placements = new CellFamily(register, 'counter', {
    name: 'stemcell_placements_total',
    help: 'Activations that were sent to an invoker, had to wait for one, or were refused',
    labelNames: ['outcome'],
  })
  const blocking = new HistogramFamily(register, SECONDS, {
    name: 'stemcell_blocking_wait_seconds',
    help: 'Time that blocking callers waited for a result, for an id (202) or for an error',
    labelNames: ['outcome'],
  })
  const acknowledgements = new CellFamily(register, 'counter', {
    name: 'stemcell_acknowledgements_total',
    help: 'Acknowledgements of invokers; late: after the controller had ended the activation',
    labelNames: ['kind', 'late'],
  })
  const gauge = (name: string, help: string, labelNames: readonly string[] = []): CellFamily =>
    new CellFamily(register, 'gauge', { name: `stemcell_${name}`, help, labelNames })
  const inFlight = gauge('activations_in_flight', 'Activations accepted and not ended').with()
  const waiting = gauge('activations_waiting', 'Activations that wait for an invoker with room').with()
  const invokers = gauge('invokers', 'Invokers as this controller sees them', ['state'])

  const [auth, limits, place] = [stages.with('auth'), stages.with('limits'), stages.with('place')]
  const placed = placements.with('placed')
  const toWait = placements.with('waiting')
  const refused = placements.with('refused')
  return {
    answered: ({ method, route, status, ms }) => requests.with(method, route, String(status)).observe(ms / 1000),
    authenticated: ({ ms }) => auth.observe(ms / 1000),
    admitted: ({ ms }) => limits.observe(ms / 1000),
    placed({ waitMs }) {
      placed.value++
      place.observe(waitMs / 1000)
    },
    waiting: () => void toWait.value++,
    refused: () => void refused.value++,
    blockingEnded: ({ outcome, ms }) => blocking.with(outcome).observe(ms / 1000),
    acknowledged: ({ kind, isLate }) => void acknowledgements.with(kind, isLate ? 'true' : 'false').value++,
    gauges(now) {
      inFlight.value = now.inFlight
      waiting.value = now.waiting
      for (const [state, count] of Object.entries(now.invokers)) invokers.with(state).value = count
    },
  }
}
