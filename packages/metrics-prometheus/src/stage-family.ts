import type { Registry } from 'prom-client'
import { HistogramFamily } from './metric-family.ts'
import { SECONDS } from './seconds.ts'

/** Where the time of activations goes, from the controller's side and the invoker's: they are one family. */
export function stageFamily(register: Registry): HistogramFamily {
  return new HistogramFamily(register, SECONDS, {
    name: 'stemcell_stage_seconds',
    help:
      'Time of each stage of requests and activations: authentication, limits, placement, queue, wait for a container, ' +
      'initialisation, run, logs, storing the record',
    labelNames: ['stage'],
  })
}
