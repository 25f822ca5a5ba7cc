import type { ContainerExit } from '@stemcell/core'
import { constants } from 'node:os'

/** What the engine says of a container that has ended. */
export interface EndState {
  readonly exitCode: number | undefined
  readonly oomKilled: boolean
}

/** The first process of a container cannot be ended by SIGABRT: the C library then has it crash in another way. */
const ABORT_CODES = new Set(
  (['SIGABRT', 'SIGTRAP', 'SIGSEGV', 'SIGILL'] as const).map((name) => 128 + constants.signals[name]),
)
const OUT_OF_HEAP = /heap out of memory|Fatal process out of memory|Allocation failed/

/** Why a container ended that nobody destroyed. `lastWords`: the end of its standard error. */
export function judgeExit({ exitCode, oomKilled }: EndState, lastWords: string): ContainerExit {
  if (exitCode === undefined) return { reason: 'lost' }
  const signal = exitCode > 128 ? signalNumbered(exitCode - 128) : undefined
  const outOfHeap = ABORT_CODES.has(exitCode) && OUT_OF_HEAP.test(lastWords)
  // The kernel may have killed a child of the action only, and the action ended in its own way much later.
  const killed = oomKilled && exitCode === 128 + constants.signals.SIGKILL
  return { reason: killed || outOfHeap ? 'out-of-memory' : 'exited', exitCode, ...(signal && { signal }) }
}

function signalNumbered(number: number): string | undefined {
  return Object.entries(constants.signals).find(([, value]) => value === number)?.[0]
}
