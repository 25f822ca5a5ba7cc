import type { Registry } from 'prom-client'
import { HistogramFamily } from './metric-family.ts'
import { SECONDS } from './seconds.ts'

/** Where the time of activations goes, from the controller's side and the invoker's: they are one family. */
export function stageFamily(register: Registry): HistogramFamily {
  return new HistogramFamily(register, SECONDS, {
    name: 'stemcell_stage_seconds',
    help:
      'Stages of requests and activations: who calls, limits, until there was an invoker, in the queue, until there ' +
      'was a container, initialisation, run, then logs and record',
    labelNames: ['stage'],
  })
}
