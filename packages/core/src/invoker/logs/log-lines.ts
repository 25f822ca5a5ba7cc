import type { ActivationLog, LogLine } from '../../container/activation-log.ts'
import type { Clock } from '../../time/clock.ts'
import { LOGS_DOUBTFUL, LOGS_MISSING, logsTruncatedText } from '../parts/texts.ts'

/** How long the end of the log is waited for after the answer. */
const END_WAIT_MS = 2_000
/** The same after a run that went wrong: enough for last words, since an end may never come. */
const FAILED_END_WAIT_MS = 200

export interface LogExpectation {
  readonly limitBytes: number
  /** The container marks the end of each activation's log. */
  readonly marksEnd: boolean
  /** The response is a developer error. */
  readonly failed: boolean
  /** The runtime printed nothing; what else wrote into its streams had done so before the answer. */
  readonly silent: boolean
}

/** Reads what the activation wrote and returns the lines as records hold them, the platform's notices last. */
export async function readLogLines(log: ActivationLog, expected: LogExpectation, clock: Clock): Promise<string[]> {
  const { limitBytes, marksEnd, failed, silent } = expected
  if (silent) await pendingReads()
  const waitMs = silent ? 0 : failed ? FAILED_END_WAIT_MS : marksEnd ? END_WAIT_MS : 0
  const { lines, truncated, complete } = await log.collect({ waitMs })
  const texts = lines.map(formatLine)
  if (truncated) texts.push(notice(clock, logsTruncatedText(limitBytes)))
  if (marksEnd && !complete && !failed && !silent) texts.push(missingLogsLine(clock))
  if (failed) texts.push(notice(clock, LOGS_DOUBTFUL))
  return texts
}

let turn: Promise<void> | undefined

/**
 * What was written before the answer could be read no later than the answer: it is read in the same turn of the loop.
 * All that ask in one turn wait for its end together.
 */
function pendingReads(): Promise<void> {
  turn ??= new Promise((resolve) =>
    setImmediate(() => {
      turn = undefined
      resolve()
    }),
  )
  return turn
}

export function missingLogsLine(clock: Clock): string {
  return notice(clock, LOGS_MISSING)
}

export function formatLine({ time, stream, text }: LogLine): string {
  return `${time.padEnd(30)} ${stream}: ${text}`
}

function notice(clock: Clock, text: string): string {
  return formatLine({ time: new Date(clock.now()).toISOString(), stream: 'stderr', text })
}
