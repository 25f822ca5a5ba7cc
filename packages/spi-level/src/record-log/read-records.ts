import { PlatformError } from '@stemcell/core'
import { codeOf, REPAIR_HINT } from '../to-platform-error.ts'
import { textOfEntry } from './log-entry.ts'
import type { Reference } from './reference.ts'
import type { SegmentFiles } from './segment-files.ts'

/** Entries that are no further apart are read together, so many bytes at most. */
const GAP_BYTES = 32 * 1024
const RUN_BYTES = 1024 ** 2

export interface WantedRecord {
  readonly key: string
  readonly reference: Reference
}

interface Run {
  readonly segment: number
  readonly at: number
  end: number
  readonly places: number[]
}

/** The text of the record. @throws ERR_CORRUPT it is not there, or not what was written. */
export async function readRecord(files: SegmentFiles, wanted: WantedRecord): Promise<string> {
  const [found] = await readRecords(files, [wanted])
  if (typeof found === 'string') return found
  throw found
}

/** The texts of records in their order, with the error in the place of one that cannot be read. */
export async function readRecords(
  files: SegmentFiles,
  wanted: readonly WantedRecord[],
): Promise<(string | PlatformError)[]> {
  const found = Array.from<string | PlatformError>({ length: wanted.length })
  for (const { segment, at, end, places } of runsOf(wanted)) {
    const bytes = await bytesOf(files, segment, at, end - at)
    for (const place of places) {
      const { key, reference } = wanted[place]!
      const from = reference.at - at
      const text = bytes && textOfEntry(bytes.subarray(from, from + reference.bytes), key)
      found[place] = text ?? damaged(files, wanted[place]!, bytes === undefined)
    }
  }
  return found
}

/** A page of records that were written one after the other takes one read. */
function runsOf(wanted: readonly WantedRecord[]): Run[] {
  const places = Array.from(wanted, (_, place) => place)
  const at = (place: number): Reference => wanted[place]!.reference
  places.sort((a, b) => at(a).segment - at(b).segment || at(a).at - at(b).at)
  const runs: Run[] = []
  for (const place of places) {
    const reference = at(place)
    const end = reference.at + reference.bytes
    const last = runs.at(-1)
    const joins =
      last?.segment === reference.segment && reference.at - last.end <= GAP_BYTES && end - last.at <= RUN_BYTES
    if (joins) {
      last.places.push(place)
      last.end = Math.max(last.end, end)
    } else runs.push({ segment: reference.segment, at: reference.at, end, places: [place] })
  }
  return runs
}

/** Undefined where the file is gone. */
async function bytesOf(files: SegmentFiles, segment: number, at: number, bytes: number): Promise<Buffer | undefined> {
  try {
    return await files.read(segment, at, bytes)
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined
    throw error
  }
}

function damaged(files: SegmentFiles, { key, reference }: WantedRecord, gone: boolean): PlatformError {
  const path = files.pathOf(reference.segment)
  const why = gone ? `the file ${path} is gone` : `${path} is damaged at byte ${reference.at}`
  return new PlatformError('ERR_CORRUPT', `'${key.slice(2)}' cannot be read, ${why}: ${REPAIR_HINT}`)
}
