import { expect, it } from 'vitest'
import type { Container } from '../../../src/container/container-factory.ts'
import type { Verdict } from '../../../src/invoker/pool/job.ts'
import { SeededRandom } from '../../../src/time/seeded-random.ts'
import { ChaosContainers } from '../fakes/chaos-containers.ts'
import { PoolBench } from '../fakes/pool-bench.ts'
import { ScriptedJob, type JobScript } from '../fakes/scripted-job.ts'

const EVENTS = 100_000
const MEMORY_MB = 2_048
const MAX_STARTS = 3
const seed = Number(process.env['STEMCELL_SEED'] ?? 20_240_501)
const replay = `STEMCELL_SEED=${seed} npx vitest run packages/core/test/invoker/pool/pool-simulation.test.ts`

/** A job that checks, whenever it is inside a container, that it is there alone or among its like. */
class CheckedJob extends ScriptedJob {
  readonly world: World

  constructor(world: World, script: JobScript) {
    super(world.bench.clock, script, () => world.ended++)
    this.world = world
  }

  override async execute(container: Container, onInitialised: (() => void) | undefined): Promise<Verdict> {
    const { keys, inside } = this.world
    const owner = keys.get(container.id)
    if (owner !== undefined && owner !== this.key)
      throw new Error(`${container.id} of ${owner} was given to ${this.key}`)
    if ((owner === undefined) !== (onInitialised !== undefined))
      throw new Error(`${container.id}: wrong initialisation`)
    keys.set(container.id, this.key)
    inside.set(container.id, (inside.get(container.id) ?? 0) + 1)
    if (inside.get(container.id)! > this.maxConcurrent) throw new Error(`${container.id} is overfull`)
    const verdict = this.world.refuses() ? 'refused' : await super.execute(container, onInitialised)
    inside.set(container.id, inside.get(container.id)! - 1)
    return verdict
  }
}

interface World {
  readonly bench: PoolBench
  /** Container to the key it belongs to. */
  readonly keys: Map<string, string>
  /** Container to the number of jobs in it. */
  readonly inside: Map<string, number>
  ended: number
  /** Whether a container turns out to be unreachable. */
  readonly refuses: () => boolean
}

it(`keeps its promises over ${EVENTS} random events (${replay})`, { timeout: 120_000 }, async () => {
  const random = new SeededRandom(seed)
  const bench = new PoolBench({
    memoryMb: MEMORY_MB,
    maxParallelStarts: MAX_STARTS,
    stemCells: [
      {
        initialCount: 2,
        memory: '128 MB',
        reactive: { minCount: 1, maxCount: 4, ttl: '2 minutes', threshold: 2, increment: 1 },
      },
    ],
  })
  const containers = new ChaosContainers(bench.clock, random, {
    startFails: 20,
    suspendFails: 20,
    resumeFails: 20,
    hangs: 5,
    dies: 50,
    destroyFails: 20,
  })
  Object.assign(bench.factory, {
    capabilities: containers.capabilities,
    create: containers.create.bind(containers),
  })
  await bench.open()
  const chance = (perThousand: number): boolean => random.below(1_000) < perThousand
  const world: World = { bench, keys: new Map(), inside: new Map(), ended: 0, refuses: () => chance(20) }
  const jobs: CheckedJob[] = []
  const hidden: unknown[] = []
  const note = (reason: unknown): void => void hidden.push(reason)
  process.on('unhandledRejection', note)

  const arrive = (): void => {
    const action = random.below(chance(200) ? 60 : 12)
    const job = new CheckedJob(world, {
      key: `action${action}`,
      namespace: `ns${action % 7}`,
      memoryMb: [128, 128, 256, 512][action % 4]!,
      maxConcurrent: action % 5 === 0 ? 3 : 1,
      kind: action % 2 === 0 ? 'nodejs:20' : 'python:3',
      initMs: random.below(100),
      runMs: random.below(chance(50) ? 20_000 : 300),
      ...(chance(20) ? { initVerdict: 'spoilt' as const } : {}),
      ...(chance(30) ? { verdict: 'spoilt' as const } : {}),
    })
    jobs.push(job)
    bench.pool.submit(job)
    // Bursts, lulls, and between them about what the pool can do.
    const pauseMs = chance(5) ? random.below(200_000) : chance(300) ? 0 : random.below(250)
    if (!stopped) bench.clock.setTimer(pauseMs, arrive)
  }
  let stopped = false
  bench.clock.setTimer(0, arrive)

  const check = (): void => {
    const gauges = bench.pool.gauges
    const books = { usedMb: gauges.usedMb, aliveMb: containers.aliveMb, seed, replay }
    if (gauges.usedMb > MEMORY_MB || containers.aliveMb > gauges.usedMb) expect.fail(`memory: ${JSON.stringify(books)}`)
    if (gauges.starting > MAX_STARTS || hidden.length > 0) expect.fail(`${String(hidden[0])} ${JSON.stringify(books)}`)
    if (
      gauges.usedMb < 0 ||
      gauges.leavingMb < 0 ||
      gauges.leavingMb > gauges.usedMb ||
      gauges.idleMb < 0 ||
      gauges.waiting < 0
    ) {
      expect.fail(`books: ${JSON.stringify({ ...gauges, ...books })}`)
    }
  }

  let events = 0
  const step = async (): Promise<boolean> => {
    const due = bench.clock.nextDueMs
    if (due === undefined) return false
    await bench.clock.advance(due - bench.clock.now())
    events++
    if (events % 10 === 0) check()
    return true
  }
  while (events < EVENTS) await step()
  stopped = true
  for (let quiet = 0; world.ended < jobs.length && quiet < 200_000; quiet++) await step()
  check()
  process.off('unhandledRejection', note)

  const open = jobs.filter(({ ends }) => ends.length !== 1)
  expect(open.map(({ key, ends, how }) => ({ key, ends, how, replay }))).toEqual([])
  expect(containers.peakStarts).toBeLessThanOrEqual(MAX_STARTS)
  expect(jobs.length, replay).toBeGreaterThan(5_000)

  let closed = false
  void bench.pool.close().then(() => (closed = true))
  for (let steps = 0; !closed && steps < 10_000; steps++) await bench.clock.advance(100)
  expect(bench.pool.gauges, replay).toMatchObject({
    usedMb: 0,
    leavingMb: 0,
    busy: 0,
    idle: 0,
    idleMb: 0,
    stemCells: 0,
    starting: 0,
    waiting: 0,
  })
  expect({ aliveMb: containers.aliveMb, alive: containers.alive.size, replay }).toMatchObject({ aliveMb: 0, alive: 0 })
  expect(
    [...world.inside.values()].every((count) => count === 0),
    replay,
  ).toBe(true)
})
