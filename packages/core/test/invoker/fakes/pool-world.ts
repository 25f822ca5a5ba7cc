import type { Container } from '../../../src/container/container-factory.ts'
import type { MaybePromise } from '../../../src/lifecycle.ts'
import type { Verdict } from '../../../src/invoker/parts/job.ts'
import type { PoolGauges } from '../../../src/invoker/parts/observer.ts'
import { fixedPolicy, type PoolPolicy } from '../../../src/invoker/parts/pool-policy.ts'
import { SeededRandom } from '../../../src/time/seeded-random.ts'
import { ChaosContainers } from './chaos-containers.ts'
import { PoolBench } from './pool-bench.ts'
import { ScriptedJob, type JobScript } from './scripted-job.ts'

export interface PoolWorldOptions {
  readonly seed: number
  /** Timers that fire before no more jobs arrive. */
  readonly events: number
  readonly memoryMb: number
  readonly cpu: number
  readonly maxStarts: number
  /** The policy of the pool has containers made ahead at random, and weighs idle ones at random. */
  readonly prewarms?: boolean
}

export interface PoolWorldReport {
  readonly events: number
  readonly jobs: number
  /** What became of the jobs, by verdict or failure. */
  readonly ends: Readonly<Record<string, number>>
  /** How they came to their containers. */
  readonly acquired: Readonly<Record<string, number>>
  readonly containers: number
  /** Those that were made ahead and initialised. */
  readonly prewarmed: number
  /** The most that was taken at once. */
  readonly peakMb: number
  readonly peakMilliCpu: number
  readonly peakStarts: number
  /** Changes with any job, container or moment: equal for equal seeds. */
  readonly fingerprint: number
  /** After closing. */
  readonly gauges: PoolGauges
}

/** Silence after the last arrival, in timers, that means a job will never end. */
const SILENCE = 200_000

type Turn = 'begins' | 'refused' | 'recalled'

interface Used {
  readonly owner: string
  inside: number
  readonly waiting: ((turn: Turn) => void)[]
}

/** A job that checks, whenever it is inside a container, that it is there alone or among its like. */
class CheckedJob extends ScriptedJob {
  readonly #world: PoolWorld

  constructor(world: PoolWorld, script: JobScript) {
    super(world.bench.clock, script, (job) => world.jobEnded(job))
    this.#world = world
  }

  protected override async run(container: Container, onInitialised: (() => void) | undefined): Promise<Verdict> {
    if (this.ended) return super.run(container, onInitialised)
    this.#world.jobEnters(container.id, this, onInitialised !== undefined)
    const turn = await this.#world.turnIn(container.id, this)
    if (turn !== 'begins') return turn
    const verdict = this.#world.chance(20) ? 'refused' : await super.run(container, onInitialised)
    this.#world.jobLeaves(container.id)
    return verdict
  }

  override preparation(): ScriptedJob {
    return new CheckedPreparation(this.#world, this)
  }
}

/** Initialises a container for jobs like another, in which it takes the place of none. */
class CheckedPreparation extends ScriptedJob {
  readonly #world: PoolWorld

  constructor(world: PoolWorld, { key, namespace, need, maxConcurrent, maxContainers }: ScriptedJob) {
    const script = { key, namespace, memoryMb: need.memoryMb, cpu: need.milliCpu / 1000, maxConcurrent, maxContainers }
    super(world.bench.clock, { ...script, prepares: true }, () => undefined)
    this.#world = world
  }

  protected override async run(container: Container, onInitialised: (() => void) | undefined): Promise<Verdict> {
    this.#world.jobEnters(container.id, this, onInitialised !== undefined)
    await this.#world.bench.clock.sleep(50)
    this.#world.jobLeaves(container.id)
    if (this.#world.chance(50)) return 'damaged'
    this.#world.prewarmed++
    onInitialised?.()
    return 'kept'
  }
}

/**
 * A pool under random arrivals, durations and failures on a virtual clock. After every timer that fired it is checked
 * that memory, CPU and starts are within their limits and that no books are negative; on every use of a container,
 * that it belongs to one namespace and one key, which has no more than it may; on every end of a job, that it is its first. Equal seeds give equal
 * runs.
 */
export class PoolWorld {
  readonly bench: PoolBench
  readonly #options: PoolWorldOptions
  readonly #random: SeededRandom
  readonly #containers: ChaosContainers
  readonly #open = new Set<ScriptedJob>()
  /** Container to the namespace and key it was used for, the jobs in it, and those that wait there for others. */
  readonly #used = new Map<string, Used>()
  readonly #ends: Record<string, number> = {}
  readonly #acquired: Record<string, number> = {}
  #broken: string | undefined
  #jobs = 0
  #events = 0
  #fingerprint = 0
  #peakMilliCpu = 0
  prewarmed = 0
  #arriving = true

  constructor(options: PoolWorldOptions) {
    this.#options = options
    this.#random = new SeededRandom(options.seed)
    this.bench = new PoolBench({
      memoryMb: options.memoryMb,
      cpu: options.cpu,
      maxParallelStarts: options.maxStarts,
      ...(options.prewarms ? { parts: { policy: this.#restless() } } : {}),
      stemCells: [
        {
          initialCount: 2,
          memory: '128 MB',
          reactive: { minCount: 1, maxCount: 4, ttl: '2 minutes', threshold: 2, increment: 1 },
        },
      ],
    })
    this.#containers = new ChaosContainers(this.bench.clock, this.#random, {
      startFails: 20,
      suspendFails: 20,
      resumeFails: 20,
      hangs: 5,
      dies: 50,
      destroyFails: 20,
      onGone: (id) => {
        this.#turnAway(id, 'refused')
        this.#used.delete(id)
      },
      onRecall: (id) => this.#turnAway(id, 'recalled'),
    })
    Object.assign(this.bench.factory, {
      capabilities: this.#containers.capabilities,
      create: this.#containers.create.bind(this.#containers),
    })
  }

  /** Runs to the end. @throws Error a promise was broken; the message says which. */
  async run(): Promise<PoolWorldReport> {
    const hidden = (reason: unknown): void => this.#break(`unhandled rejection: ${String(reason)}`)
    process.on('unhandledRejection', hidden)
    try {
      await this.bench.open()
      this.bench.clock.setTimer(0, () => this.#arrive())
      while (this.#events < this.#options.events) await this.#step()
      this.#arriving = false
      for (let quiet = 0; this.#open.size > 0; quiet++) {
        if (quiet > SILENCE || !(await this.#step())) this.#fail(`${this.#open.size} jobs never end`)
      }
      await this.#close()
    } finally {
      process.off('unhandledRejection', hidden)
    }
    return this.#report()
  }

  #restless(): PoolPolicy {
    const sound = fixedPolicy({ pauseGraceMs: 10_000, idleTimeoutMs: 60_000 })
    const below = (bound: number): number => this.#random.below(bound)
    return {
      ...sound,
      keepAlive: (container) => {
        if (below(4) > 0) return sound.keepAlive(container)
        const prewarm = { afterMs: below(3_000), keepMs: below(10_000) }
        return { suspendAfterMs: below(2) * below(1_000), destroyAfterMs: below(2) * below(1_000), prewarm }
      },
      worth: () => below(5),
    }
  }

  chance(perThousand: number): boolean {
    return this.#random.below(1_000) < perThousand
  }

  jobEnters(container: string, job: ScriptedJob, initialises: boolean): void {
    const owner = `${job.namespace} ${job.key}`
    const used = this.#used.get(container)
    if (used && used.owner !== owner) this.#break(`${container} of ${used.owner} was given to ${owner}`)
    if ((used === undefined) !== initialises) this.#break(`${container} was initialised twice or not at all`)
    const entry: Used = used ?? { owner, inside: 0, waiting: [] }
    if (!used) {
      const others = [...this.#used.values()].filter((other) => other.owner === owner).length
      if (others >= job.maxContainers) this.#break(`${owner} has ${others + 1} containers, not ${job.maxContainers}`)
    }
    this.#used.set(container, entry)
    if (++entry.inside > (job.how === 'hot behind' ? 16 : job.maxConcurrent)) this.#break(`${container} is overfull`)
    this.#mark(container.length + entry.inside)
  }

  /** Where one job at a time runs, waits until those have left that came before. */
  turnIn(container: string, job: ScriptedJob): MaybePromise<Turn> {
    const { inside, waiting } = this.#used.get(container)!
    if (inside <= job.maxConcurrent) return 'begins'
    return new Promise((resolve) => {
      waiting.push(resolve)
    })
  }

  jobLeaves(container: string): void {
    const used = this.#used.get(container)
    if (!used) return
    used.inside--
    used.waiting.shift()?.('begins')
  }

  #turnAway(container: string, turn: Turn): void {
    const used = this.#used.get(container)
    if (!used) return
    used.inside -= used.waiting.length
    for (const tell of used.waiting.splice(0)) tell(turn)
  }

  jobEnded(job: ScriptedJob): void {
    if (!this.#open.delete(job)) this.#break(`a job of ${job.key} ended twice: ${job.ends.join(', ')}`)
    const end = job.ends.at(-1) ?? 'withdrawn'
    this.#ends[end] = (this.#ends[end] ?? 0) + 1
    const how = job.how ?? 'none'
    this.#acquired[how] = (this.#acquired[how] ?? 0) + 1
    this.#mark(how.length * 31 + end.length)
  }

  #arrive(): void {
    if (!this.#arriving) return
    const random = this.#random
    // Those come many at once.
    if (this.chance(150)) for (let count = random.below(20); count >= 0; count--) this.#submit(this.#brief())
    else this.#submit(this.#ordinary(random.below(this.chance(200) ? 60 : 12)))
    // Bursts, lulls, and between them about what the pool can do.
    const pauseMs = this.chance(5) ? random.below(200_000) : this.chance(300) ? 0 : random.below(250)
    this.bench.clock.setTimer(pauseMs, () => this.#arrive())
  }

  #submit(script: JobScript): void {
    const job = new CheckedJob(this, script)
    this.#jobs++
    this.#open.add(job)
    this.bench.pool.submit(job)
    if (this.chance(50)) this.bench.clock.setTimer(this.#random.below(500), () => this.#withdraw(job))
  }

  #ordinary(action: number): JobScript {
    const random = this.#random
    return {
      key: `action${action}`,
      namespace: `ns${action % 7}`,
      memoryMb: [128, 128, 256, 512][action % 4]!,
      maxConcurrent: action % 5 === 0 ? 3 : 1,
      ...(action % 4 === 1 ? { maxContainers: 1 + (action % 3) } : {}),
      // Stem cells have no share of the processor: who names one gets a container of its own.
      ...(action % 6 === 0 ? { cpu: [0.5, 1][(action % 4) >> 1]! } : {}),
      ...(action % 6 === 0 ? {} : { kind: action % 2 === 0 ? 'nodejs:20' : 'python:3' }),
      initMs: random.below(100),
      runMs: random.below(this.chance(50) ? 20_000 : 300),
      ...(this.chance(20) ? { initVerdict: 'damaged' as const } : {}),
      ...(this.chance(30) ? { verdict: this.chance(500) ? ('damaged' as const) : ('stuck' as const) } : {}),
    }
  }

  /** Of an action whose runs take next to no time, but for a few. */
  #brief(): JobScript {
    const script = { key: 'brief', namespace: 'ns9', kind: 'nodejs:20', runMs: this.#random.below(2) }
    if (!this.chance(3)) return { ...script, verdict: 'brief' }
    const verdict = (['kept', 'damaged', 'stuck'] as const)[this.#random.below(3)]!
    return { ...script, runMs: this.#random.below(2_000), verdict }
  }

  #withdraw(job: ScriptedJob): void {
    if (job.withdraw()) this.bench.pool.withdraw(job)
  }

  /** Lets the next timer fire; false when there is none. */
  async #step(): Promise<boolean> {
    if (!this.bench.clock.step()) return false
    await settled()
    this.#events++
    this.#check()
    return true
  }

  #check(): void {
    if (this.#broken !== undefined) this.#fail(this.#broken)
    const { memoryMb, cpu, maxStarts } = this.#options
    const { aliveMb, aliveMilliCpu } = this.#containers
    const gauges = this.bench.pool.gauges
    const { usedMb, leavingMb, idleMb, starting, waiting } = gauges
    this.#peakMilliCpu = Math.max(this.#peakMilliCpu, aliveMilliCpu)
    if (usedMb > memoryMb || aliveMb > usedMb) this.#fail(`memory: ${aliveMb} MB exist, ${usedMb} MB are booked`)
    if (aliveMilliCpu > cpu * 1_000) this.#fail(`cpu: ${aliveMilliCpu} thousandths of a core exist`)
    if (starting > maxStarts) this.#fail(`${starting} starts at once`)
    if (usedMb < 0 || leavingMb < 0 || leavingMb > usedMb || idleMb < 0 || waiting < 0) {
      this.#fail(`books: ${JSON.stringify(gauges)}`)
    }
  }

  async #close(): Promise<void> {
    let closed = false
    void this.bench.pool.close().then(() => (closed = true))
    for (let steps = 0; !closed && steps < 10_000; steps++) await this.bench.clock.advance(100)
    if (!closed) this.#fail('the pool does not close')
    if (this.#broken !== undefined) this.#fail(this.#broken)
    const { aliveMb, aliveMilliCpu, alive } = this.#containers
    if (aliveMb !== 0 || aliveMilliCpu !== 0 || alive.size > 0) this.#fail(`${alive.size} containers outlive the pool`)
  }

  #report(): PoolWorldReport {
    return {
      events: this.#events,
      jobs: this.#jobs,
      ends: this.#ends,
      acquired: this.#acquired,
      containers: this.#containers.starts,
      prewarmed: this.prewarmed,
      peakMb: this.#containers.peakMb,
      peakMilliCpu: this.#peakMilliCpu,
      peakStarts: this.#containers.peakStarts,
      fingerprint: this.#fingerprint,
      gauges: this.bench.pool.gauges,
    }
  }

  #mark(what: number): void {
    this.#fingerprint = (Math.imul(this.#fingerprint, 31) + what + this.bench.clock.now()) >>> 0
  }

  /** For code that the pool calls, which must not be thrown into: told at the next check. */
  #break(what: string): void {
    this.#broken ??= what
  }

  #fail(what: string): never {
    throw new Error(`${what} (after ${this.#events} events)`)
  }
}

/** Every promise that can settle has done so. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
