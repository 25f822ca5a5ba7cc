import { closeSync, openSync, readFileSync, readSync } from 'node:fs'
import type { Logger } from '@stemcell/core'
import { contentAt } from '../entry-frame.ts'
import type { Wholeness } from '../wholeness.ts'
import { readEntry, scanSegment } from './log-entry.ts'
import type { LogPosition } from './record-log.ts'
import type { SegmentFiles } from './segment-files.ts'
import type { SegmentTable } from './segment-table.ts'

/** More than the first entry of a segment takes. */
const BEGINNING_BYTES = 100

/** A part of a segment that holds whole entries. */
export interface LogPart {
  readonly segment: number
  readonly from: number
  readonly to: number
}

export interface CheckedLog {
  /** What the database may not have yet. */
  readonly tail: readonly LogPart[]
  readonly end: LogPosition
  /** The last segment is as it was left, so that it can be gone on with. */
  readonly canContinue: boolean
}

export interface LogToCheck {
  readonly files: SegmentFiles
  readonly table: SegmentTable
  readonly wholeness: Wholeness
  readonly logger: Logger
  /** For a repair: all of it is the tail, and what is missing is forgotten once it was reported. */
  readonly whole: boolean
}

/**
 * Compares the log with what was acknowledged: of full segments the lengths, of what the database may not have yet every
 * entry. What cannot be read in other places is found when it is read.
 * @throws ERR_CORRUPT something is missing, unless {@link Wholeness} takes a report.
 */
export function checkLog({ files, table, wholeness, logger, whole }: LogToCheck): CheckedLog {
  const { records } = wholeness
  const gone = new Set(table.gone)
  const numbers = files.list().filter((segment) => !gone.has(segment))
  dropUnbegun(files, numbers, records?.segment ?? 0)
  for (const [segment, { bytes, synced }] of table.sealed) {
    const size = files.sizeOf(segment) ?? 0
    if (size >= bytes) continue
    const what = size === 0 ? 'is gone' : `ends at byte ${size} although it had ${bytes}`
    wholeness.tell(`its file of activation records ${files.pathOf(segment)} ${what}`, { lasting: synced })
    // It was reported, and is no news any more.
    table.seal(segment, size)
  }

  const first = whole || !table.position ? { segment: 0, at: 0 } : table.position
  const last = Math.max(numbers.at(-1) ?? 0, table.position?.segment ?? 0, records?.segment ?? 0)
  if (table.position && !records && wholeness.isMarked) wholeness.tell('its mark says nothing of activation records')
  for (let segment = firstRequired(table, records?.segment ?? last); segment <= last; segment++) {
    if (!numbers.includes(segment)) wholeness.tell(`its file of activation records ${files.pathOf(segment)} is gone`)
  }

  const tail: LogPart[] = []
  let isIntact = true
  for (const segment of numbers.filter((number) => number >= first.segment)) {
    const path = files.pathOf(segment)
    const bytes = readFileSync(path)
    const from = Math.min(segment === first.segment ? first.at : 0, bytes.length)
    const { damagedAt, wholeBytes, tornBytes } = scanSegment(bytes.subarray(from))
    const to = from + wholeBytes
    const expected = acknowledgedBytes({ files, segment, marked: records, table })
    for (const at of damagedAt)
      wholeness.tell(`its file of activation records ${path} cannot be read at byte ${from + at}`)
    if (to < expected) {
      wholeness.tell(`its file of activation records ${path} ends at byte ${to} although ${expected} were acknowledged`)
    } else if (tornBytes > 0) {
      logger.warn(
        { path, tornBytes },
        'the last entry of the log of activation records was not finished, and is dropped',
      )
    }
    isIntact = damagedAt.length === 0 && to >= expected
    if (to > 0) tail.push({ segment, from, to })
    else table.seal(segment, 0)
  }
  const end = tail.at(-1)
  const isLast = end !== undefined && end.segment === last
  return {
    tail,
    end: isLast ? { segment: end.segment, at: end.to } : { segment: last, at: 0 },
    canContinue: isLast && isIntact && !whole && wholeness.isSameBoot,
  }
}

/** One that was being begun when the process died. */
function dropUnbegun(files: SegmentFiles, numbers: number[], marked: number): void {
  const last = numbers.at(-1)
  if (last === undefined || last <= marked || files.sizeOf(last) !== 0) return
  files.remove(last)
  numbers.pop()
}

/** From here on there is every segment. One that was lost, and reported, is noted as a position without bytes. */
function firstRequired({ position }: SegmentTable, marked: number): number {
  if (!position) return Math.max(marked, 1)
  return position.at > 0 ? position.segment : position.segment + 1
}

/** Up to where the segment must be whole. */
function acknowledgedBytes({
  files,
  segment,
  marked,
  table,
}: {
  readonly files: SegmentFiles
  readonly segment: number
  readonly marked: { readonly segment: number; readonly bytes: number } | undefined
  readonly table: SegmentTable
}): number {
  const byMark = marked?.segment === segment ? marked.bytes : 0
  const byPosition = table.position?.segment === segment ? table.position.at : 0
  return Math.max(byMark, byPosition, table.sealed.get(segment)?.bytes ?? 0, saidByNext(files, segment))
}

/** A segment begins with the length of the one before. */
function saidByNext(files: SegmentFiles, segment: number): number {
  if (files.sizeOf(segment + 1) === undefined) return 0
  const file = openSync(files.pathOf(segment + 1), 'r')
  try {
    const bytes = Buffer.alloc(BEGINNING_BYTES)
    const found = contentAt(bytes.subarray(0, readSync(file, bytes, 0, BEGINNING_BYTES, 0)), 0)
    const entry = found && readEntry(found.content, 0, found.end)
    return entry?.type === 'begin' && entry.previous === segment ? entry.previousBytes : 0
  } finally {
    closeSync(file)
  }
}
