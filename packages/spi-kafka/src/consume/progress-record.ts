import type { MessageRun, MessageState } from './message-run.ts'

/**
 * How far a group is with a partition beyond its committed offset. It travels as the metadata of the offset, so that the
 * next subscriber leaves out what is acknowledged and knows what was handed out.
 */
export interface ProgressRecord {
  /** Who wrote it: a subscriber that finds its own name knows that nobody had the partition meanwhile. */
  readonly owner: string
  /** How many hands the partition has been in. */
  readonly epoch: number
  readonly runs: readonly MessageRun[]
}

/** Brokers take 4,096 bytes unless their `offset.metadata.max.bytes` says otherwise. */
const MOST_BYTES = 4_000
const LAST_RUN_BYTES = 16

const LETTERS = { acknowledged: 'A', 'handed-out': 'H', untouched: 'U' } as const
const STATES: Readonly<Record<string, MessageState>> = { A: 'acknowledged', H: 'handed-out', U: 'untouched' }
const FORM = /^s1:([a-z0-9]+):([a-z0-9]+):((?:[AHU][0-9a-z]+)*)$/

/**
 * The record as text; numbers are in base 36. One that would be too long ends with a run that counts everything
 * left as handed out, which is safe.
 */
export function writeProgress({ owner, epoch, runs }: ProgressRecord, offset: number): string {
  let text = `s1:${owner}:${epoch.toString(36)}:`
  let at = offset
  for (const { state, end } of runs) {
    const run = LETTERS[state] + (end - at).toString(36)
    if (text.length + run.length + LAST_RUN_BYTES > MOST_BYTES) {
      return `${text}H${(runs.at(-1)!.end - at).toString(36)}`
    }
    text += run
    at = end
  }
  return text
}

/** Undefined when the text is of another program, or empty. */
export function readProgress(text: string | null, offset: number): ProgressRecord | undefined {
  const [, owner, epoch, coded] = FORM.exec(text ?? '') ?? []
  if (owner === undefined || epoch === undefined || coded === undefined) return undefined
  const runs: MessageRun[] = []
  let end = offset
  for (const [, letter, length] of coded.matchAll(/([AHU])([0-9a-z]+)/g)) {
    end += Number.parseInt(length!, 36)
    runs.push({ state: STATES[letter!]!, end })
  }
  return { owner, epoch: Number.parseInt(epoch, 36), runs }
}
