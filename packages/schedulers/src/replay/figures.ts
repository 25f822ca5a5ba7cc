import type { LogHistogram } from '../report/log-histogram.ts'
import type { NamespaceService, ReplayedFunction } from './replayed-function.ts'

/** What became of a trace under one scheduler and one policy. */
export interface Figures {
  readonly invocations: number
  readonly coldStarts: number
  /** Of the invocations that ran, the share that initialised a container, 0 to 1. */
  readonly coldShare: number
  /** Of the function that a quarter of all functions are worse off than. */
  readonly coldShareOfThirdQuartile: number
  /** Calls that came while their container was being made ahead. */
  readonly joined: number
  /** Memory of containers in which nothing ran and which were not being made for a call, times time, GB·s. */
  readonly wastedGbS: number
  /** The rest. */
  readonly usedGbS: number
  readonly peakMb: number
  readonly containers: number
  /** From arrival to result, ms. */
  readonly latencyMs: Percentiles
  /** Of that, what was no run, ms. */
  readonly delayMs: Percentiles
  /**
   * Jain's index over namespaces of run time by time until the result: 1 where all wait for the same part of it, 1 by the
   * number of namespaces where one alone is served.
   */
  readonly fairness: number
  /** Calls for which no invoker had room at once. */
  readonly waited: number
  /** Calls that were turned away, or never had room. */
  readonly refused: number
  /** Calls that ended without a run for another reason. */
  readonly failed: number
  /** Until the last run ended, ms. */
  readonly durationMs: number
  /** What was first wrong with the scheduler or the policy; the platform's own decided in its place. */
  readonly firstFault?: string
  /** Why the scheduler first turned a call away. */
  readonly firstRefusal?: string
}

export interface Percentiles {
  readonly mean: number
  readonly p50: number
  readonly p90: number
  readonly p99: number
}

export interface Measured {
  readonly counts: {
    readonly calls: number
    readonly coldStarts: number
    readonly joined: number
    readonly waited: number
    readonly refused: number
    readonly failed: number
  }
  readonly containers: number
  readonly peakMb: number
  /** MB·ms. */
  readonly memoryTime: number
  readonly busyMemoryTime: number
  readonly latency: LogHistogram
  readonly delay: LogHistogram
  readonly functions: readonly ReplayedFunction[]
  readonly namespaces: readonly NamespaceService[]
  readonly endMs: number
  readonly firstFault: string | undefined
  readonly firstRefusal: string | undefined
}

const MB_MS_IN_A_GB_S = 1024 * 1000

export function figuresOf(measured: Measured): Figures {
  const { counts, latency, delay, memoryTime, busyMemoryTime, functions, namespaces, firstFault, firstRefusal } =
    measured
  const ran = latency.count
  return {
    invocations: counts.calls,
    coldStarts: counts.coldStarts,
    coldShare: ran === 0 ? 0 : counts.coldStarts / ran,
    coldShareOfThirdQuartile: thirdQuartile(
      functions.filter(({ calls }) => calls > 0).map(({ calls, coldStarts }) => coldStarts / calls),
    ),
    joined: counts.joined,
    wastedGbS: Math.max(0, memoryTime - busyMemoryTime) / MB_MS_IN_A_GB_S,
    usedGbS: busyMemoryTime / MB_MS_IN_A_GB_S,
    peakMb: measured.peakMb,
    containers: measured.containers,
    latencyMs: percentiles(latency),
    delayMs: percentiles(delay),
    fairness: jain(namespaces.filter(({ totalMs }) => totalMs > 0).map(({ runMs, totalMs }) => runMs / totalMs)),
    waited: counts.waited,
    refused: counts.refused,
    failed: counts.failed,
    durationMs: measured.endMs,
    ...(firstFault === undefined ? {} : { firstFault }),
    ...(firstRefusal === undefined ? {} : { firstRefusal }),
  }
}

function percentiles(histogram: LogHistogram): Percentiles {
  return {
    mean: histogram.mean,
    p50: histogram.percentile(0.5),
    p90: histogram.percentile(0.9),
    p99: histogram.percentile(0.99),
  }
}

function thirdQuartile(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * 0.75))] ?? 0
}

/** 1 where there is nobody to be treated otherwise. */
export function jain(shares: readonly number[]): number {
  const sum = shares.reduce((total, share) => total + share, 0)
  const squares = shares.reduce((total, share) => total + share * share, 0)
  return squares === 0 ? 1 : (sum * sum) / (shares.length * squares)
}
