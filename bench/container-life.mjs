import { adapterContext } from '@stemcell/core'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { median } from './load.mjs'
import { ACTION, PAYLOAD, runtimeCalls } from './processes.mjs'

export const IMAGE = { prefix: 'stemcell', name: 'action-nodejs', tag: process.versions.node.split('.')[0] }
const START_MS = 60_000
const WARM_RUNS = 20
export const CALL = { timeoutMs: START_MS, maxReplyBytes: 1_048_576, truncateAtBytes: 1_048_576 }
export const INIT = JSON.stringify({ value: { name: 'bench', main: 'main', code: ACTION, binary: false, env: {} } })
export const RUN = `{"value":${PAYLOAD},"activation_id":"bench"}`

/** Options of the adapter; `stemcell` is how it comes: a unix socket, and the network that the bare API is asked for too. */
export const WAYS = {
  stemcell: {},
  'no network, freezer': { network: 'none', suspendThrough: 'freezer' },
  'published port': { address: 'port' },
}

/** Without root there is no freezer. */
export const canFreeze = process.getuid?.() === 0

function waysOfUser(ways) {
  return Object.entries(ways).filter(([, { suspendThrough }]) => canFreeze || suspendThrough !== 'freezer')
}

export function specFor(invoker) {
  return {
    owner: { platform: `bench-${process.pid}`, invoker },
    kind: 'nodejs:20',
    image: `${IMAGE.prefix}/${IMAGE.name}:${IMAGE.tag}`,
    userImage: false,
    memoryMb: 256,
    maxConcurrent: 1,
    environment: {},
    labels: {},
  }
}

/** p50 of every step of a container's life, ms: through the engine's bare API, and through the adapter in several ways. */
export async function containerLife({ containers, bare, optionsIn, giveImage, ways, suspends }, folder, rounds) {
  await giveImage(folder)
  const dir = join(folder, 'c')
  mkdirSync(dir, { mode: 0o700 })
  const floor = bare(optionsIn(folder))
  const factories = Object.fromEntries(
    waysOfUser(ways).map(([way, options]) => [
      way,
      containers({ ...optionsIn(dir), ...options }).build(adapterContext()),
    ]),
  )
  const lives = {}
  try {
    await floor.open?.()
    for (const factory of Object.values(factories)) await factory.open()
    // Makes the network that all of them share.
    const first = await factories.stemcell.create(specFor('invoker0'))
    const network = await floor.networkOf(first.id)
    lives['bare API'] = () => startBare(floor, network)
    for (const [way, factory] of Object.entries(factories)) lives[way] = () => startOurs(factory)
    const times = Object.fromEntries(Object.keys(lives).map((way) => [way, {}]))
    for (let round = 0; round < rounds; round++) {
      for (const [way, start] of Object.entries(lives)) await live(start, times[way], suspends)
    }
    await first.destroy()
    return Object.fromEntries(
      Object.entries(times).map(([way, steps]) => [
        way,
        Object.fromEntries(Object.entries(steps).map(([step, list]) => [step, median(list)])),
      ]),
    )
  } finally {
    for (const factory of Object.values(factories)) await factory.close()
    await floor.close()
  }
}

/** A container of the engine's bare API whose runtime answers. */
export async function startBare(floor, network) {
  const container = await floor.start(specFor('bare'), network)
  const calls = runtimeCalls(container.endpoint)
  const destroy = async () => {
    await calls.close()
    await container.destroy()
  }
  try {
    await calls.ready(START_MS)
  } catch (error) {
    await destroy()
    throw error
  }
  return { ...container, init: calls.init, run: calls.run, destroy }
}

async function startOurs(factory) {
  const container = await factory.create(specFor('invoker0'))
  return {
    init: () => container.init(INIT, CALL),
    run: () => container.run(RUN, CALL),
    suspend: () => container.suspend(),
    resume: () => container.resume(),
    destroy: () => container.destroy(),
  }
}

async function live(start, times, suspends) {
  const note = (step, from) => (times[step] ??= []).push(performance.now() - from)
  const timed = async (step, work) => {
    const from = performance.now()
    const result = await work()
    note(step, from)
    return result
  }
  const container = await timed('create', start)
  try {
    await timed('init', container.init)
    await timed('first run', container.run)
    for (let run = 0; run < WARM_RUNS; run++) await timed('run', container.run)
    if (!suspends) return
    await timed('suspend', container.suspend)
    const from = performance.now()
    await timed('resume', container.resume)
    await container.run()
    note('resume, run', from)
  } finally {
    await timed('destroy', container.destroy)
  }
}
