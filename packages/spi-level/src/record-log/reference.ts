/** Where the text of a record is: an entry of a segment of the log. */
export interface Reference {
  /** Number of the segment. */
  readonly segment: number
  /** Where the entry begins, in bytes. */
  readonly at: number
  /** Length of the whole entry. */
  readonly bytes: number
}

/** No record begins like this: they are JSON objects. */
const MARK = '@'
const REFERENCE = /^@(\d+),(\d+),(\d+)$/

/** As it stands in the database in the place of a record. */
export function referenceText({ segment, at, bytes }: Reference): string {
  return `${MARK}${segment},${at},${bytes}`
}

/** Undefined when what is stored is the record itself, as it was up to format 4. */
export function readReference(value: string): Reference | undefined {
  if (!value.startsWith(MARK)) return undefined
  const parts = REFERENCE.exec(value)
  return parts ? { segment: Number(parts[1]), at: Number(parts[2]), bytes: Number(parts[3]) } : undefined
}
