/** Something that is invoked, as a trace describes it. */
export interface TraceFunction {
  /** Unique in the trace. */
  readonly name: string
  /** Who calls it, and shares fairly with the others. */
  readonly namespace: string
  readonly memoryMb: number
  /** What it takes to initialise a container with its code, ms; undefined: what the replay assumes. */
  readonly initMs: number | undefined
}

/** One call. */
export interface Invocation {
  /** ms since the beginning of the trace. */
  readonly atMs: number
  readonly fn: TraceFunction
  /** Of the run in an initialised container, ms. */
  readonly runMs: number
}

/** Invocations in order of their times. It can be read again and again, and is the same each time. */
export interface Trace {
  readonly name: string
  /** Memory of a cluster that fits the trace, MB; undefined: not known before it was read. */
  readonly fittingMemoryMb: number | undefined
  /** In portions, so that a long trace never has to be in memory. @throws ERR_CONFIG what is read is no trace. */
  portions(): AsyncIterable<readonly Invocation[]>
}

/** Invocations of a portion. */
export const PORTION = 4096

/** The invocations of a generator in portions. */
export async function* inPortions(invocations: Iterable<Invocation>): AsyncGenerator<readonly Invocation[]> {
  let portion: Invocation[] = []
  for (const invocation of invocations) {
    portion.push(invocation)
    if (portion.length < PORTION) continue
    yield portion
    portion = []
  }
  if (portion.length > 0) yield portion
}
