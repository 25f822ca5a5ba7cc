import { adapterContext } from '@stemcell/core'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { IMAGE, specFor, startBare } from './container-life.mjs'
import { firstCall, STEM_CELLS, stemCellsReady } from './first-call.mjs'
import { LoadClient, median } from './load.mjs'
import { PAYLOAD, startForwarder, startStandalone } from './processes.mjs'

const BLOCKS = 10

/**
 * First calls on stem cells and warm calls, p50 in ms, through a standalone server whose actions run on the engine;
 * warm calls in turns with a plain forwarder to a container's socket.
 */
export async function containerInvocations({ name, adapter, containers, bare, optionsIn }, folder, { rounds, calls }) {
  const dir = join(folder, 'i')
  mkdirSync(dir, { mode: 0o700 })
  const floor = bare(optionsIn(folder))
  const factory = containers(optionsIn(dir)).build(adapterContext())
  const stemCells = [{ initialCount: STEM_CELLS, memory: '256 MB' }]
  const ends = [() => floor.close(), () => factory.close()]
  try {
    await floor.open?.()
    await factory.open()
    const first = await factory.create(specFor('invoker0'))
    const container = await startBare(floor, await floor.networkOf(first.id))
    ends.push(container.destroy)
    await container.init()
    const forwarder = await startForwarder(container.endpoint)
    ends.push(forwarder.stop)
    const config = {
      containers: { adapter, options: optionsIn(dir) },
      manifest: { runtimes: { nodejs: [{ kind: 'nodejs:20', default: true, image: IMAGE, stemCells }] } },
    }
    const server = await startStandalone(folder, config, ['--containers', name])
    ends.push(server.stop)
    const firsts = []
    for (let round = 0; round < rounds; round++) {
      await server.putAction(`first${round}`)
      firsts.push(await firstCall(server, `first${round}`, 'stemcell'))
    }
    await stemCellsReady(server)
    const hops = new LoadClient({ origin: forwarder.origin, path: '/', body: PAYLOAD })
    const ours = new LoadClient({
      origin: server.origin,
      path: '/api/v1/namespaces/_/actions/first0?blocking=true&result=true',
      headers: server.headers,
      body: PAYLOAD,
    })
    ends.push(() => Promise.all([hops.close(), ours.close()]))
    const times = { hops: [], ours: [] }
    for (let block = 0; block < BLOCKS; block++) {
      const warmup = block === 0 ? 300 : 5
      times.hops.push(...(await hops.sequential(calls / BLOCKS, warmup)))
      times.ours.push(...(await ours.sequential(calls / BLOCKS, warmup)))
    }
    return {
      'two hops': { 'warm call': median(times.hops) },
      'standalone server': { 'stem cell': median(firsts), 'warm call': median(times.ours) },
    }
  } finally {
    for (const end of ends.reverse()) await end()
  }
}
