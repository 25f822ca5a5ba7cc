import type { Meter } from '@opentelemetry/api'
import type { ControllerGauges, ControllerObserver, InvokerObserver, PoolGauges } from '@stemcell/core'

const MB = 1024 ** 2
const STATUS = ['success', 'application error', 'developer error', 'internal error'] as const

/** The metrics of a process, by the SDK. Labels are few and bounded: names of actions are for traces. */
export function measures(meter: Meter): { readonly controller: ControllerObserver; readonly invoker: InvokerObserver } {
  const requests = meter.createHistogram('http.server.request.duration', { unit: 's' })
  const refused = meter.createCounter('stemcell.activations.refused')
  const ended = meter.createCounter('stemcell.activations')
  const duration = meter.createHistogram('stemcell.activation.duration', {
    unit: 's',
    description: 'From the arrival of the request to the response of the action',
  })
  const acquired = meter.createCounter('stemcell.containers.acquired')
  let controller: ControllerGauges | undefined
  let pool: PoolGauges | undefined
  const gauge = (name: string, unit: string, read: () => number | undefined): void => {
    meter.createObservableGauge(name, { unit }).addCallback((result) => {
      const value = read()
      if (value !== undefined) result.observe(value)
    })
  }
  gauge('stemcell.activations.in_flight', '{activation}', () => controller?.inFlight)
  gauge('stemcell.activations.waiting', '{activation}', () => controller?.waiting)
  gauge('stemcell.pool.memory.limit', 'By', () => pool && pool.capacityMb * MB)
  gauge('stemcell.pool.memory.usage', 'By', () => pool && pool.usedMb * MB)
  gauge('stemcell.pool.waiting', '{activation}', () => pool?.waiting)
  return {
    controller: {
      answered: ({ method, route, status, ms }) =>
        requests.record(ms / 1000, {
          'http.request.method': method,
          'http.route': route,
          'http.response.status_code': status,
        }),
      refused: ({ reason }) => refused.add(1, { reason }),
      gauges: (gauges) => void (controller = gauges),
    },
    invoker: {
      acquired: ({ acquisition: { how } }) => acquired.add(1, { how }),
      responded: ({ statusCode, stages: { queue, acquire, init = 0, run = 0 } }) => {
        ended.add(1, { status: STATUS[statusCode] })
        duration.record((queue + acquire + init + run) / 1000)
      },
      gauges: (gauges) => void (pool = gauges),
    },
  }
}
