import type { Acquisition, InvokerObserver } from '@stemcell/core'
import type { Registry } from 'prom-client'
import { CellFamily, HistogramFamily, type Cell } from './metric-family.ts'
import { SECONDS } from './seconds.ts'

const MB = 1024 ** 2

/** What an invoker does: how activations get containers, the stages of each, and the state of its pool. */
export function invokerMetrics(register: Registry, stages: HistogramFamily): Required<InvokerObserver> {
  const acquisitions = new CellFamily(register, 'counter', {
    name: 'stemcell_container_acquisitions_total',
    help: 'Activations by how they got their container, and why it was not a hot one',
    labelNames: ['how', 'reason'],
  })
  const starts = new HistogramFamily(register, SECONDS, {
    name: 'stemcell_container_start_seconds',
    help: 'Container starts, by outcome',
    labelNames: ['stem_cell', 'ok'],
  })
  const retries = new CellFamily(register, 'counter', {
    name: 'stemcell_record_retries_total',
    help: 'Attempts to store an activation record that failed',
  }).with()
  const gauge = (name: string, help: string, labelNames: readonly string[] = []): CellFamily =>
    new CellFamily(register, 'gauge', { name: `stemcell_pool_${name}`, help, labelNames })
  const memory = gauge(
    'memory_bytes',
    'Memory of the pool: total, taken, and of that being freed, idle and in stem cells',
    ['state'],
  )
  const containers = gauge('containers', 'Containers of the pool', ['state'])
  const waiting = gauge('waiting', 'Activations without a container').with()

  const [queue, acquire, init] = [stages.with('queue'), stages.with('acquire'), stages.with('init')]
  const [run, logs, store] = [stages.with('run'), stages.with('logs'), stages.with('store')]
  // The usual ones are always the same object.
  let last: { readonly acquisition: Acquisition; readonly cell: Cell } | undefined
  return {
    acquired({ acquisition }) {
      if (last?.acquisition !== acquisition) {
        last = { acquisition, cell: acquisitions.with(acquisition.how, acquisition.reason ?? 'none') }
      }
      last.cell.value++
    },
    responded({ stages: times }) {
      queue.observe(times.queue / 1000)
      acquire.observe(times.acquire / 1000)
      if (times.init !== undefined) init.observe(times.init / 1000)
      if (times.run !== undefined) run.observe(times.run / 1000)
    },
    started: ({ stemCell, ok, ms }) => starts.with(String(stemCell), String(ok)).observe(ms / 1000),
    logged: ({ ms }) => logs.observe(ms / 1000),
    stored: ({ ms }) => store.observe(ms / 1000),
    recordRetried: () => void retries.value++,
    gauges(pool) {
      memory.with('capacity').value = pool.capacityMb * MB
      memory.with('used').value = pool.usedMb * MB
      memory.with('leaving').value = pool.leavingMb * MB
      memory.with('idle').value = pool.idleMb * MB
      memory.with('stem_cells').value = pool.stemCellsMb * MB
      containers.with('busy').value = pool.busy
      containers.with('idle').value = pool.idle
      containers.with('stem_cells').value = pool.stemCells
      containers.with('starting').value = pool.starting
      waiting.value = pool.waiting
    },
  }
}
