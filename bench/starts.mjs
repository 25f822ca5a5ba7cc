import { firstCall } from './first-call.mjs'
import { median } from './load.mjs'
import { startRuntime, startStandalone, temporaryFolder } from './processes.mjs'

const ROUNDS = 15
/** No stem cell of the default manifest has this memory, so that an action with it starts cold. */
const COLD_MEMORY_MB = 192

/** First invocations, on a stem cell and cold, beside the same steps on a bare runtime. */
export async function starts() {
  const { folder, remove } = temporaryFolder()
  const server = await startStandalone(folder)
  try {
    const times = { initRun: [], spawnInitRun: [], stemCell: [], cold: [] }
    for (let round = 0; round < ROUNDS; round++) {
      const start = performance.now()
      const runtime = await startRuntime(folder)
      const ready = performance.now()
      await runtime.init()
      await runtime.run()
      const end = performance.now()
      await runtime.stop()
      times.spawnInitRun.push(end - start)
      times.initRun.push(end - ready)

      await server.putAction(`cold${round}`, { limits: { memory: COLD_MEMORY_MB } })
      times.cold.push(await firstCall(server, `cold${round}`, 'cold'))
      await server.putAction(`stem${round}`)
      times.stemCell.push(await firstCall(server, `stem${round}`, 'stemcell'))
    }
    const values = Object.fromEntries(Object.entries(times).map(([name, list]) => [name, median(list)]))
    const stem = values.stemCell - values.initRun
    const cold = values.cold - values.spawnInitRun
    return {
      columns: ['p50 ms'],
      rows: [
        { name: 'floor: init and run of a primed runtime', values: { 'p50 ms': values.initRun } },
        { name: 'stemcell: first call on a stem cell', values: { 'p50 ms': values.stemCell } },
        { name: 'floor: spawn, init and run', values: { 'p50 ms': values.spawnInitRun } },
        { name: 'stemcell: first call, cold', values: { 'p50 ms': values.cold } },
      ],
      ratios: [
        { name: 'stem cell over init and run, ms', value: stem, target: '<= 3', met: stem <= 3 },
        { name: 'cold over spawn, init and run, ms', value: cold, target: '<= 15', met: cold <= 15 },
      ],
    }
  } finally {
    await server.stop()
    remove()
  }
}
