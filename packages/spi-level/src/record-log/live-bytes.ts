import { isPlatformError } from '@stemcell/core'
import { KeySpace, STORE_LETTERS, type KeyRange } from '@stemcell/core/sorted-store'
import type { ClassicLevel } from 'classic-level'
import { eachEntry } from '../read-rows.ts'
import { openText } from '../sealed-value.ts'
import { readReference, type Reference } from './reference.ts'

const KEYS = new KeySpace(STORE_LETTERS.activations)
const RECORDS = KEYS.all('documents')
const DIGITS = 10
const PREFIX = 'mlive'

/** The numbers of bytes that records take, by segment. */
export const LIVE_BYTES = { gte: PREFIX, lt: `${PREFIX}:` } as const

/** The last one that was asked for: records go into one segment, one after the other. */
let last = { segment: 0, key: PREFIX + '0'.repeat(DIGITS) }

/** Where it is kept how many bytes of a segment are those of records. */
export function liveBytesKey(segment: number): string {
  if (last.segment !== segment) last = { segment, key: PREFIX + String(segment).padStart(DIGITS, '0') }
  return last.key
}

/** The segment whose number of bytes is kept under `key`; undefined when it is another key. */
export function segmentOfLiveBytes(key: string): number | undefined {
  return key.startsWith(PREFIX) ? Number(key.slice(PREFIX.length)) : undefined
}

/** Whether a record of an activation is stored under the key. */
export function isRecordKey(key: string): boolean {
  return key >= RECORDS.gte && key < RECORDS.lt
}

/** Whether some key of the range may be that of a record. */
export function mayHoldRecords({ gte, lt }: KeyRange): boolean {
  return lt > RECORDS.gte && gte < RECORDS.lt
}

/** Where the record is, as what is stored says; undefined when that is the record itself, or is damaged. */
export function referenceIn(key: string, sealed: string): Reference | undefined {
  try {
    return readReference(openText(key, sealed, () => 'a record'))
  } catch (error) {
    if (isPlatformError(error, 'ERR_CORRUPT')) return undefined
    throw error
  }
}

/** What the removal of a record adds to the bytes of its segment. */
export function bytesGivenUp(
  key: string,
  stored: () => string | undefined,
  add: (key: string, delta: number) => unknown,
): void {
  const sealed = isRecordKey(key) ? stored() : undefined
  const reference = sealed === undefined ? undefined : referenceIn(key, sealed)
  if (reference) add(liveBytesKey(reference.segment), -reference.bytes)
}

/** How many bytes the records take in each segment, found by looking at all of them. */
export async function countLiveBytes(db: ClassicLevel): Promise<Map<number, number>> {
  const live = new Map<number, number>()
  for await (const [key, sealed] of eachEntry(db, RECORDS)) {
    const reference = referenceIn(key, sealed)
    if (reference) live.set(reference.segment, (live.get(reference.segment) ?? 0) + reference.bytes)
  }
  return live
}
