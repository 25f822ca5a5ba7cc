import { constants } from 'node:os'
import type { ContainerExit } from '../container-factory.ts'

const KILLED = 137
const ABORTED = new Set([132, 133, 134, 139])
const HEAP_FULL = /heap out of memory|Fatal process out of memory|Allocation failed/
/** Of the names that a signal has, the first is the usual one. */
const SIGNALS = new Map(
  Object.entries(constants.signals)
    .reverse()
    .map(([name, number]) => [number, name]),
)

/**
 * Why a container ended that nobody was asked to destroy. `outOfMemory` says that the kernel killed something in it,
 * which need not have been its first process. `lastWords` is the end of its standard error: V8 aborts when its heap is
 * full, before the kernel notices anything.
 */
export function exitReason(exitCode: number | undefined, outOfMemory: boolean, lastWords: string): ContainerExit {
  if (exitCode === undefined) return { reason: 'lost' }
  const signal = exitCode > 128 ? SIGNALS.get(exitCode - 128) : undefined
  const starved = (outOfMemory && exitCode === KILLED) || (ABORTED.has(exitCode) && HEAP_FULL.test(lastWords))
  return { reason: starved ? 'out-of-memory' : 'exited', exitCode, ...(signal !== undefined && { signal }) }
}
