import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { COMMIT_KEY, readCommit } from '../commit-queue.ts'
import { scanLog } from './log-records.ts'

const BATCH_HEADER_BYTES = 12
const PUT = 1
const LOG = /^(\d+)\.log$/

export interface InspectedLogs {
  /** Files and places in them where something cannot be read although there is something whole behind it. */
  readonly damaged: readonly { readonly file: string; readonly at: number }[]
  /** Numbers of commits that ought to be there, as those before and behind them are. */
  readonly missing: readonly number[]
  /** The last commit in the logs; undefined when there is none. */
  readonly lastCommit: number | undefined
}

/** Reads what LevelDB will take up when it opens the folder, and would drop without a word where it is damaged. */
export async function inspectLogs(dir: string): Promise<InspectedLogs> {
  const damaged: { file: string; at: number }[] = []
  const missing: number[] = []
  let lastCommit: number | undefined
  for (const file of await logsIn(dir)) {
    const { records, damagedAt } = scanLog(await readFile(join(dir, file)))
    for (const at of damagedAt) damaged.push({ file, at })
    for (const record of records) {
      const commit = commitOf(record)
      if (commit === undefined) continue
      for (let number = (lastCommit ?? commit - 1) + 1; number < commit; number++) missing.push(number)
      lastCommit = commit
    }
  }
  return { damaged, missing, lastCommit }
}

async function logsIn(dir: string): Promise<string[]> {
  const logs = (await readdir(dir)).flatMap((file) => {
    const number = LOG.exec(file)?.[1]
    return number === undefined ? [] : [{ file, number: Number(number) }]
  })
  return logs.sort((a, b) => a.number - b.number).map(({ file }) => file)
}

/** Undefined for what did not come through the queue of commits. */
function commitOf(record: Buffer): number | undefined {
  const keyAt = BATCH_HEADER_BYTES + 2
  const valueAt = keyAt + COMMIT_KEY.length + 1
  if (record[BATCH_HEADER_BYTES] !== PUT || record[BATCH_HEADER_BYTES + 1] !== COMMIT_KEY.length) return undefined
  if (record.toString('latin1', keyAt, valueAt - 1) !== COMMIT_KEY) return undefined
  const text = record.toString('latin1', valueAt, valueAt + record[valueAt - 1]!)
  return readCommit(text)
}
