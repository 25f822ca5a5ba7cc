import { adapterContext } from '../../../src/adapter.ts'
import type { ContainerFactory, ContainerSpec } from '../../../src/container/container-factory.ts'
import { simulatedContainers, type ContainerBehaviour } from '../../../src/container/simulated-containers.ts'
import { ContainerPool, type PoolParts } from '../../../src/invoker/pool/container-pool.ts'
import { fixedPolicy } from '../../../src/invoker/parts/pool-policy.ts'
import { silentLogger } from '../../../src/log.ts'
import { RuntimesManifest } from '../../../src/model/runtimes-manifest.ts'
import { SeededRandom } from '../../../src/time/seeded-random.ts'
import { VirtualClock } from '../../../src/time/virtual-clock.ts'
import { ScriptedJob, type JobScript } from './scripted-job.ts'

export interface PoolBenchOptions {
  readonly memoryMb?: number
  readonly cpu?: number
  readonly maxParallelStarts?: number
  readonly behaviour?: ContainerBehaviour
  readonly suspend?: boolean
  /** `stemCells` of the kind nodejs:20. */
  readonly stemCells?: readonly object[]
  readonly parts?: Partial<PoolParts>
}

/** A pool with scripted containers that take 100 ms to start, and jobs that only let time pass. */
export class PoolBench {
  readonly clock = new VirtualClock()
  readonly pool: ContainerPool
  readonly factory: ContainerFactory
  /** Specs of all containers asked for. */
  readonly specs: ContainerSpec[] = []
  readonly jobs: ScriptedJob[] = []
  readonly giveUp = new AbortController()

  constructor(options: PoolBenchOptions = {}) {
    const { memoryMb = 512, cpu, maxParallelStarts = 8, behaviour = {}, suspend = true, stemCells = [] } = options
    const context = adapterContext({ clock: this.clock, random: new SeededRandom(1) })
    this.factory = simulatedContainers({
      clock: this.clock,
      capabilities: { suspend },
      behaviour: {
        ...behaviour,
        create: (spec) => {
          this.specs.push(spec)
          return behaviour.create?.(spec) ?? { delayMs: 100 }
        },
      },
    }).build(context)
    this.pool = new ContainerPool({
      factory: this.factory,
      clock: this.clock,
      policy: fixedPolicy({ pauseGraceMs: 10_000, idleTimeoutMs: 60_000 }),
      logger: silentLogger,
      manifest: new RuntimesManifest({
        runtimes: { nodejs: [{ kind: 'nodejs:20', image: { name: 'node' }, stemCells }] },
      }),
      observer: {},
      capacity: { memoryMb, milliCpu: cpu === undefined ? Infinity : cpu * 1000 },
      maxParallelStarts,
      maxRunsBehind: 15,
      stemCellSpec: ({ kind, image, plan }) => ({
        owner: { platform: 'test', invoker: 'invoker0' },
        kind,
        image,
        userImage: false,
        memoryMb: plan.memoryMb,
        maxConcurrent: 1,
        environment: {},
        labels: {},
      }),
      giveUp: this.giveUp.signal,
      ...options.parts,
    })
  }

  async open(): Promise<this> {
    await this.factory.open()
    this.pool.open()
    return this
  }

  submit(script: JobScript = {}): ScriptedJob {
    const job = new ScriptedJob(this.clock, script)
    this.jobs.push(job)
    this.pool.submit(job)
    return job
  }

  /** Submits and moves time until the job has ended. */
  async run(script: JobScript = {}): Promise<ScriptedJob> {
    const job = this.submit(script)
    await this.untilEnded(job)
    return job
  }

  async untilEnded(...jobs: readonly ScriptedJob[]): Promise<void> {
    for (let waitedMs = 0; !jobs.every(({ ended }) => ended); waitedMs += 10) {
      if (waitedMs > 1_000_000) throw new Error('a job does not end')
      await this.clock.advance(10)
    }
  }
}
