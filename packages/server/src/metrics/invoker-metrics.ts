import type { InvokerObserver } from '@stemcell/core'
import type { Registry } from 'prom-client'
import type { PrometheusClient } from './prometheus-client.ts'
import { SECONDS } from './seconds.ts'

const MB = 1024 ** 2

/** What an invoker does: how activations get containers, the stages of each, and the state of its pool. */
export function invokerMetrics(
  { Counter, Gauge, Histogram }: PrometheusClient,
  register: Registry,
): Required<InvokerObserver> {
  const registers = [register]
  const acquisitions = new Counter({
    name: 'stemcell_container_acquisitions_total',
    help: 'How activations came to their containers, and why not to a hot one',
    labelNames: ['how', 'reason'],
    registers,
  })
  const stages = new Histogram({
    name: 'stemcell_stage_seconds',
    help: 'Stages of activations: in the queue, until there was a container, initialisation, run',
    labelNames: ['stage'],
    buckets: SECONDS,
    registers,
  })
  const starts = new Histogram({
    name: 'stemcell_container_start_seconds',
    help: 'Containers that were made, or could not be',
    labelNames: ['stem_cell', 'ok'],
    buckets: SECONDS,
    registers,
  })
  const retries = new Counter({
    name: 'stemcell_record_retries_total',
    help: 'Attempts to store an activation record that failed',
    registers,
  })
  const memory = new Gauge({
    name: 'stemcell_pool_memory_bytes',
    help: 'Memory of the pool: all there is, taken, part of that going, idle, and in stem cells',
    labelNames: ['state'],
    registers,
  })
  const containers = new Gauge({
    name: 'stemcell_pool_containers',
    help: 'Containers of the pool',
    labelNames: ['state'],
    registers,
  })
  const waiting = new Gauge({ name: 'stemcell_pool_waiting', help: 'Activations without a container', registers })
  return {
    acquired: ({ acquisition: { how, reason } }) => acquisitions.inc({ how, reason: reason ?? 'none' }),
    responded({ stages: times }) {
      for (const [stage, ms] of Object.entries(times)) stages.observe({ stage }, Number(ms) / 1000)
    },
    started: ({ stemCell, ok, ms }) => starts.observe({ stem_cell: String(stemCell), ok: String(ok) }, ms / 1000),
    recordRetried: () => retries.inc(),
    gauges(pool) {
      memory.set({ state: 'capacity' }, pool.capacityMb * MB)
      memory.set({ state: 'used' }, pool.usedMb * MB)
      memory.set({ state: 'leaving' }, pool.leavingMb * MB)
      memory.set({ state: 'idle' }, pool.idleMb * MB)
      memory.set({ state: 'stem_cells' }, pool.stemCellsMb * MB)
      containers.set({ state: 'busy' }, pool.busy)
      containers.set({ state: 'idle' }, pool.idle)
      containers.set({ state: 'stem_cells' }, pool.stemCells)
      containers.set({ state: 'starting' }, pool.starting)
      waiting.set(pool.waiting)
    },
  }
}
