import { PlatformError, type LoadBalancer, type PoolPolicy } from '@stemcell/core'
import type { Trace } from '../trace/trace.ts'
import type { Figures } from './figures.ts'
import { ReplayedCluster, type ClusterSize } from './replayed-cluster.ts'

/** Something that is compared, under the name that it is shown with. */
export interface Candidate<T> {
  readonly name: string
  /** A new one each time: nothing is learnt from another replay. */
  readonly create: () => T
}

export interface ReplayOptions extends Partial<ClusterSize> {
  /** Each is replayed with each policy. */
  readonly schedulers: readonly Candidate<LoadBalancer>[]
  readonly policies: readonly Candidate<PoolPolicy>[]
  /** Told now and then how many invocations were replayed. */
  readonly onProgress?: (invocations: number) => void
  /** Ends the replay. */
  readonly signal?: AbortSignal
}

export interface ReplayResult {
  readonly scheduler: string
  readonly policy: string
  readonly figures: Figures
}

export interface ReplayReport {
  readonly trace: string
  readonly cluster: ClusterSize
  readonly results: readonly ReplayResult[]
}

const DEFAULTS = {
  invokers: 10,
  startMs: 300,
  initMs: 200,
  overheadMs: 0,
  // As the server's.
  parallelStarts: 3,
  maxWaiting: 10_000,
  seed: 1,
}
/** Of each invoker, where a trace does not say what fits it, MB. */
const USUAL_MEMORY_MB = 8_192
const LEAST_MEMORY_MB = 2_048

/**
 * Replays a trace on each scheduler with each policy. Equal options give equal figures.
 * @throws ERR_CONFIG a size is out of range, or the trace is none; what `signal` aborts with.
 */
export async function replay(trace: Trace, options: ReplayOptions): Promise<ReplayReport> {
  const cluster = sizeOf(trace, options)
  const { schedulers, policies, onProgress, signal } = options
  const runs = schedulers.flatMap((scheduler) =>
    policies.map((policy) => ({
      scheduler: scheduler.name,
      policy: policy.name,
      replayed: new ReplayedCluster(cluster, scheduler.create(), policy.create),
    })),
  )
  let done = 0
  // All of them side by side: the trace is read once.
  for await (const portion of trace.portions()) {
    // Whoever may abort gets a turn.
    await new Promise((resolve) => setImmediate(resolve))
    signal?.throwIfAborted()
    for (const { replayed } of runs) await replayed.feed(portion)
    done += portion.length
    onProgress?.(done)
  }
  if (done === 0) throw new PlatformError('ERR_CONFIG', `replay: ${trace.name} has no invocations`)
  const results: ReplayResult[] = []
  for (const { scheduler, policy, replayed } of runs) {
    results.push({ scheduler, policy, figures: await replayed.finish() })
  }
  return { trace: trace.name, cluster, results }
}

function sizeOf(trace: Trace, options: ReplayOptions): ClusterSize {
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as ReplayOptions
  const { invokers = DEFAULTS.invokers } = given
  const { fittingMemoryMb } = trace
  const fitting =
    fittingMemoryMb === undefined
      ? USUAL_MEMORY_MB
      : Math.max(LEAST_MEMORY_MB, Math.ceil(fittingMemoryMb / invokers / 1024) * 1024)
  const size = {
    invokers,
    memoryMb: given.memoryMb ?? fitting,
    startMs: given.startMs ?? DEFAULTS.startMs,
    initMs: given.initMs ?? DEFAULTS.initMs,
    overheadMs: given.overheadMs ?? DEFAULTS.overheadMs,
    parallelStarts: given.parallelStarts ?? DEFAULTS.parallelStarts,
    maxWaiting: given.maxWaiting ?? DEFAULTS.maxWaiting,
    seed: given.seed ?? DEFAULTS.seed,
  }
  for (const option of ['invokers', 'memoryMb', 'parallelStarts'] as const) {
    if (!Number.isSafeInteger(size[option]) || size[option] < 1) throw badSize(option, 'a whole number, 1 or more')
  }
  for (const option of ['startMs', 'initMs', 'overheadMs', 'maxWaiting'] as const) {
    if (!(size[option] >= 0)) throw badSize(option, 'a number, 0 or more')
  }
  return size
}

function badSize(option: string, what: string): PlatformError {
  return new PlatformError('ERR_CONFIG', `replay: ${option} must be ${what}`)
}
