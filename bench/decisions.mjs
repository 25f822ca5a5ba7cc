import { performance } from 'node:perf_hooks'
import { RuntimesManifest, silentLogger, VirtualClock } from '@stemcell/core'
import { ContainerPool } from '../packages/core/dist/invoker/pool/container-pool.js'
import { fixedPolicy } from '../packages/core/dist/invoker/parts/pool-policy.js'

const MEMORY_MB = 128
const ROUNDS = 40
const DECISIONS = 250

/**
 * What the pool's own work costs, µs, with so many idle containers of as many actions: to give a job to the container
 * of its action, and to evict the least recently used one for an action that has none. Containers and jobs do nothing.
 */
export async function decisions(count) {
  const clock = new VirtualClock()
  const pool = new ContainerPool({
    factory: emptyFactory(),
    clock,
    policy: fixedPolicy({ pauseGraceMs: 1e9, idleTimeoutMs: 1e9 }),
    logger: silentLogger,
    manifest: new RuntimesManifest({ runtimes: {} }),
    observer: {},
    capacity: { memoryMb: count * MEMORY_MB, milliCpu: Infinity },
    maxParallelStarts: count,
    giveUp: new AbortController().signal,
  })
  pool.open()
  for (let i = 0; i < count; i++) pool.submit(emptyJob(`action ${i}`))
  await settled()
  if (pool.gauges.idle !== count) throw new Error(`expected ${count} idle containers: ${JSON.stringify(pool.gauges)}`)

  const cheapest = { hot: Infinity, eviction: Infinity }
  let next = count
  for (let round = 0; round < ROUNDS; round++) {
    // Jobs of different actions, far apart in the order of use.
    const jobs = Array.from({ length: DECISIONS }, (_, i) => emptyJob(`action ${next - 1 - ((i * 7) % count)}`))
    cheapest.hot = Math.min(cheapest.hot, await cost(pool, jobs, () => pool.gauges.idle === count))
    // One after the other: each finds the pool full.
    const strangers = Array.from({ length: DECISIONS }, () => emptyJob(`action ${next++}`))
    cheapest.eviction = Math.min(cheapest.eviction, await cost(pool, strangers, () => pool.gauges.idle === count))
  }
  const closed = pool.close()
  await settled()
  await closed
  return cheapest
}

/** µs per job from its submission until all that follows from it has happened. */
async function cost(pool, jobs, isDone) {
  let spentMs = 0
  for (const job of jobs) {
    const start = performance.now()
    pool.submit(job)
    await job.done
    await drained()
    spentMs += performance.now() - start
  }
  if (!isDone()) throw new Error(`the pool is not at rest: ${JSON.stringify(pool.gauges)}`)
  return (spentMs * 1000) / jobs.length
}

function emptyJob(key) {
  let end
  const done = new Promise((resolve) => (end = resolve))
  return {
    key,
    namespace: 'bench',
    need: { memoryMb: MEMORY_MB, milliCpu: 0 },
    maxConcurrent: 1,
    maxContainers: Infinity,
    stemKey: undefined,
    done,
    spec: () => ({ memoryMb: MEMORY_MB }),
    acquired() {},
    execute(_container, onInitialised, ended) {
      onInitialised?.()
      end()
      queueMicrotask(() => ended('kept'))
    },
    fail({ kind }) {
      throw new Error(`${key}: ${kind}`)
    },
  }
}

function emptyFactory() {
  const never = new Promise(() => {})
  return {
    capabilities: { suspend: true },
    create: async () => ({ id: 'empty', exited: never, destroy: async () => {} }),
  }
}

/** What was promised has happened; cheaper than a turn of the event loop, which would hide what is measured. */
async function drained() {
  for (let i = 0; i < 12; i++) await Promise.resolve()
}

function settled() {
  return new Promise((resolve) => setImmediate(resolve))
}
