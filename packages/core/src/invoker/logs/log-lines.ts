import type { ActivationLog, CollectedLog, LogLine } from '../../container/activation-log.ts'
import type { MaybePromise } from '../../lifecycle.ts'
import type { Clock } from '../../time/clock.ts'
import { LOGS_DOUBTFUL, LOGS_MISSING, logsTruncatedText } from '../parts/texts.ts'
import { whenDone } from '../../when-done.ts'

/** How long the end of the log is waited for after the answer. */
const END_WAIT_MS = 2_000
/** The same after a run that went wrong: enough for last words, since an end may never come. */
const FAILED_END_WAIT_MS = 200

const NO_LINES: readonly string[] = []

export interface LogExpectation {
  readonly limitBytes: number
  /** The container marks the end of each activation's log. */
  readonly marksEnd: boolean
  /** The response is a developer error. */
  readonly failed: boolean
  /** The runtime printed nothing; what else wrote into its streams had done so before the answer. */
  readonly silent: boolean
}

/**
 * Reads what the activation wrote: the lines as records hold them, the platform's notices last. That of a silent run is
 * read at the end of the turn in which it answered, see `atEndOfTurn`, and without waiting.
 */
export function readLogLines(
  log: ActivationLog,
  expected: LogExpectation,
  clock: Clock,
): MaybePromise<readonly string[]> {
  const { marksEnd, failed, silent } = expected
  const waitMs = silent ? 0 : failed ? FAILED_END_WAIT_MS : marksEnd ? END_WAIT_MS : 0
  return whenDone(log.collect({ waitMs }), (collected) => textsOf(collected, expected, clock))
}

function textsOf(
  { lines, truncated, complete }: CollectedLog,
  { limitBytes, marksEnd, failed, silent }: LogExpectation,
  clock: Clock,
): readonly string[] {
  if (lines.length === 0 && !truncated && !failed && (complete || silent || !marksEnd)) return NO_LINES
  const texts = lines.map(formatLine)
  if (truncated) texts.push(notice(clock, logsTruncatedText(limitBytes)))
  if (marksEnd && !complete && !failed && !silent) texts.push(missingLogsLine(clock))
  if (failed) texts.push(notice(clock, LOGS_DOUBTFUL))
  return texts
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
