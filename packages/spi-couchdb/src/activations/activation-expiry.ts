import type { ActivationRetention, JsonValue, Logger } from '@stemcell/core'
import { BY_DATE_VIEW, BY_START_VIEW, UNUSUAL_BY_START_VIEW } from '../design/activation-design.ts'
import { countEach, readRange, type ViewReply } from '../documents/read-view.ts'
import type { Database } from '../http/database.ts'
import type { RemoveRecords } from './remove-records.ts'
import type { ExpiredRecord } from './expired-record.ts'

/** Most records that one call removes. */
const MOST_PER_CALL = 1000

/** Removes records that the retention no longer keeps; those that are too old first. Must not run twice at once. */
export async function expireRecords(
  database: Database,
  retention: ActivationRetention,
  remove: RemoveRecords,
  logger: Logger,
): Promise<number> {
  let removed = 0
  if (retention.before !== undefined) removed += await remove(database, await tooOld(database, retention.before))
  if (retention.maxPerNamespace !== undefined && removed < MOST_PER_CALL) {
    const ids = await tooMany(database, retention.maxPerNamespace, MOST_PER_CALL - removed)
    removed += await remove(database, await withRevisions(database, ids))
  }
  if (removed > 0) logger.debug({ removed }, 'activation records expired')
  return removed
}

async function tooOld(database: Database, before: number): Promise<readonly ExpiredRecord[]> {
  const { rows } = await database.ask<ViewReply>(BY_DATE_VIEW, {
    endkey: before,
    inclusive_end: false,
    reduce: false,
    limit: MOST_PER_CALL,
  })
  return rows.flatMap(({ id, value }) => {
    const revision: JsonValue | undefined = Array.isArray(value) ? value[1] : undefined
    return typeof revision === 'string' ? [{ id, revision }] : []
  })
}

const BY_START = { path: BY_START_VIEW, unusualPath: UNUSUAL_BY_START_VIEW } as const
const PRINTABLE_ASCII = /^[ -~]*$/

/** The oldest of each namespace that has more than it may. */
async function tooMany(database: Database, maxPerNamespace: number, most: number): Promise<readonly string[]> {
  const { rows } = await database.ask<ViewReply>(BY_START_VIEW, { reduce: true, group_level: 1 })
  // Groups of one namespace are apart, or together with those of another, where names compare as equal: none has more
  // than all of them together, and who has how much is asked where it matters.
  const sizes = new Map<string, number>()
  for (const { key, value } of rows) {
    const namespace = Array.isArray(key) ? key[0] : undefined
    if (typeof namespace === 'string') sizes.set(namespace, (sizes.get(namespace) ?? 0) + Number(value))
  }
  const over = new Map<string, number>()
  for (const [group, size] of sizes) {
    if (size <= maxPerNamespace && PRINTABLE_ASCII.test(group)) continue
    for (const [partition, count] of await countEach(database, { ...BY_START, partition: group })) {
      if (count > maxPerNamespace) over.set(partition, count)
    }
    if (over.size >= most) break
  }
  const ids: string[] = []
  for (const [partition, size] of over) {
    const limit = Math.min(size - maxPerNamespace, most - ids.length)
    if (limit <= 0) break
    const oldest = await readRange(database, { ...BY_START, partition, limit })
    ids.push(...oldest.map(({ id }) => id))
  }
  return ids
}

async function withRevisions(database: Database, ids: readonly string[]): Promise<readonly ExpiredRecord[]> {
  if (ids.length === 0) return []
  interface Row {
    readonly id?: string
    readonly value?: { readonly rev?: string; readonly deleted?: boolean } | null
  }
  const { rows } = await database.askKeys<{ readonly rows: readonly Row[] }>('/_all_docs', {}, ids)
  return rows.flatMap(({ id, value }) =>
    id !== undefined && value?.rev !== undefined && value.deleted !== true ? [{ id, revision: value.rev }] : [],
  )
}
