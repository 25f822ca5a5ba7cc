import type { ControllerObserver } from '@stemcell/core'
import type { Registry } from 'prom-client'
import type { PrometheusClient } from './prometheus-client.ts'
import { SECONDS } from './seconds.ts'

/** What a controller does: requests, placement, waiting callers, acknowledgements, and what it knows of invokers. */
export function controllerMetrics(
  { Counter, Gauge, Histogram }: PrometheusClient,
  register: Registry,
): Required<ControllerObserver> {
  const registers = [register]
  const requests = new Histogram({
    name: 'stemcell_http_request_duration_seconds',
    help: 'Answered requests, from their head to the answer',
    labelNames: ['method', 'route', 'status'],
    buckets: SECONDS,
    registers,
  })
  const placements = new Counter({
    name: 'stemcell_placements_total',
    help: 'Activations that were sent to an invoker, had to wait for one, or were refused',
    labelNames: ['outcome'],
    registers,
  })
  const placementWait = new Histogram({
    name: 'stemcell_placement_wait_seconds',
    help: 'How long activations waited for an invoker with room',
    buckets: SECONDS,
    registers,
  })
  const blocking = new Histogram({
    name: 'stemcell_blocking_wait_seconds',
    help: 'How long blocking callers waited: for a result, until told to look later, or for an error',
    labelNames: ['outcome'],
    buckets: SECONDS,
    registers,
  })
  const acknowledgements = new Counter({
    name: 'stemcell_acknowledgements_total',
    help: 'What invokers told; late: after the activation had been ended without them',
    labelNames: ['kind', 'late'],
    registers,
  })
  const inFlight = new Gauge({
    name: 'stemcell_activations_in_flight',
    help: 'Activations accepted and not ended',
    registers,
  })
  const waiting = new Gauge({
    name: 'stemcell_activations_waiting',
    help: 'Activations that wait for an invoker with room',
    registers,
  })
  const invokers = new Gauge({
    name: 'stemcell_invokers',
    help: 'Invokers as this controller sees them',
    labelNames: ['state'],
    registers,
  })
  return {
    answered: ({ method, route, status, ms }) => requests.observe({ method, route, status: String(status) }, ms / 1000),
    placed({ waitMs }) {
      placements.inc({ outcome: 'placed' })
      placementWait.observe(waitMs / 1000)
    },
    waiting: () => placements.inc({ outcome: 'waiting' }),
    refused: () => placements.inc({ outcome: 'refused' }),
    blockingEnded: ({ outcome, ms }) => blocking.observe({ outcome }, ms / 1000),
    acknowledged: ({ kind, isLate }) => acknowledgements.inc({ kind, late: String(isLate) }),
    gauges(now) {
      inFlight.set(now.inFlight)
      waiting.set(now.waiting)
      for (const [state, count] of Object.entries(now.invokers)) invokers.set({ state }, count)
    },
  }
}
