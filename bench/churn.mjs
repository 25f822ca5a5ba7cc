import { adapterContext } from '@stemcell/core'
import { actionNodejs, buildImage } from '@stemcell/images'
import { dockerContainers } from '@stemcell/spi-docker'
import { podmanContainers } from '@stemcell/spi-podman'
import { processContainers } from '@stemcell/spi-process'
import { bareDocker } from '../packages/spi-docker/bench/bare-docker.mjs'
import { barePodman } from '../packages/spi-podman/bench/bare-podman.mjs'
import { mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { CALL, INIT, RUN, specFor, startBare } from './container-life.mjs'
import { familyOf, meterOf } from './cpu-time.mjs'
import { temporaryFolder } from './processes.mjs'
import { addressOf, howToHave } from './services.mjs'

const ENGINES = {
  docker: { containers: dockerContainers, bare: bareDocker },
  podman: { containers: podmanContainers, bare: barePodman },
}
const AT_ONCE = 4
const QUICK_MS = 10_000
const DEFAULT_MINUTES = 1
const PARTS = 5
/** A million a day. */
const MIN_PER_SECOND = 12
/** The last fifth of the time may be so much slower than the first. */
const MIN_SHARE = 0.9
const MIN_KEPT = 0.8
const WARM_UP = 16

/** Containers that are created, run once and are destroyed, as fast as they can be had, and what is left of them. */
export async function churn({ quick = false, minutes = DEFAULT_MINUTES }) {
  const lengthMs = quick ? QUICK_MS : minutes * 60_000
  const engines = Object.keys(ENGINES).filter((name) => addressOf(name) !== undefined)
  const missing = Object.keys(ENGINES).filter((name) => !engines.includes(name))
  const rows = []
  const ratios = []
  for (const name of ['processes', ...engines]) {
    const { folder, remove } = temporaryFolder()
    try {
      const { ours, bare } = await measured(name, folder, lengthMs)
      const kept = ours.parts.at(-1) / ours.parts[0]
      rows.push({ name, values: { 'a second': ours.perSecond, 'own CPU ms each': ours.cpuMs } })
      if (bare) rows.push({ name: `${name}: bare API`, values: { 'a second': bare.perSecond } })
      ratios.push(
        atLeast(`${name}: containers a second`, ours.perSecond, MIN_PER_SECOND),
        ...(bare
          ? [atLeast(`${name}: containers a second / bare API`, ours.perSecond / bare.perSecond, MIN_SHARE)]
          : []),
        atLeast(`${name}: last fifth of the time / the first`, kept, MIN_KEPT),
        { name: `${name}: containers, processes and descriptors left`, value: ours.left, target: '0', met: !ours.left },
      )
    } finally {
      remove()
    }
  }
  const notes = [`${AT_ONCE} at once, for ${lengthMs / 1000} s each`, ...missing.map(howToHave)]
  return { columns: ['a second', 'own CPU ms each'], rows, ratios, notes }
}

/** Ours, and for a quarter of the time the engine's own API, asked for the same containers. */
async function measured(name, folder, lengthMs) {
  const dir = join(folder, 'c')
  if (name === 'processes') return ofFactory(processContainers({ dir }), lengthMs)
  const { containers, bare } = ENGINES[name]
  const socketPath = addressOf(name)
  await buildImage(actionNodejs, { to: { socket: socketPath } })
  mkdirSync(dir, { mode: 0o700 })
  const floor = bare({ socketPath, dir: folder })
  const floorOn = async (network) => {
    await floor.open?.()
    try {
      return await go(() => startBare(floor, network), lengthMs / 4)
    } finally {
      await floor.close()
    }
  }
  return ofFactory(containers({ socketPath, dir }), lengthMs, { floorOn, networkOf: (id) => floor.networkOf(id) })
}

async function ofFactory(adapter, lengthMs, engine) {
  const factory = adapter.build(adapterContext())
  const spec = specFor('churn')
  const start = async () => {
    const container = await factory.create(spec)
    return {
      init: () => container.init(INIT, CALL),
      run: () => container.run(RUN, CALL),
      destroy: () => container.destroy(),
    }
  }
  await factory.open()
  try {
    const ours = await go(start, lengthMs)
    ours.left += (await factory.list(spec.owner)).length
    if (!engine) return { ours }
    // The network that ours are in is there as long as they are.
    const one = await factory.create(spec)
    const bare = await engine.floorOn(await engine.networkOf(one.id))
    await one.destroy()
    return { ours, bare }
  } finally {
    await factory.close()
  }
}

async function go(start, lengthMs) {
  await Promise.all(Array.from({ length: WARM_UP }, () => live(start)))
  const before = held()
  const meter = meterOf([process.pid])
  const started = performance.now()
  const parts = Array.from({ length: PARTS }, () => 0)
  let lives = 0
  const worker = async () => {
    while (performance.now() - started < lengthMs) {
      await live(start)
      lives++
      parts[Math.min(PARTS - 1, Math.floor(((performance.now() - started) * PARTS) / lengthMs))]++
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, worker))
  const perSecond = (lives * 1000) / (performance.now() - started)
  const cpuMs = [...meter.read().values()].reduce((sum, ns) => sum + ns, 0) / 1e6 / lives
  return { perSecond, parts, cpuMs, left: Math.max(0, held() - before) }
}

async function live(start) {
  const container = await start()
  try {
    await container.init()
    await container.run()
  } finally {
    await container.destroy()
  }
}

/** Open descriptors of this process, and processes that it started. */
function held() {
  return readdirSync('/proc/self/fd').length + familyOf(process.pid).length
}

function atLeast(name, value, target) {
  return { name, value, target: `>= ${target}`, met: value >= target }
}
