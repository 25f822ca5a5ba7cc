import { PlatformError } from '@stemcell/core'
import { parse } from 'csv-parse'
import { createReadStream } from 'node:fs'

/** A row with the values of the columns that were asked for, in that order; '' where the file lacks an optional one. */
export interface CsvRow {
  /** Position in the file; the header is 1. */
  readonly row: number
  readonly values: readonly string[]
}

export interface CsvColumns {
  readonly required: readonly string[]
  readonly optional: readonly string[]
  /** Whether there may be others, which are left out. Default false. */
  readonly others?: boolean
}

/** A file without line ends is none of ours; it must not be read into memory before that is said. */
const MOST_ROW_BYTES = 1_048_576

/**
 * The rows of a CSV file with a header, one after another.
 * @throws ERR_CONFIG it cannot be read, lacks a column, has one too many, or is damaged; the message names file and row.
 */
export async function* csvRows(file: string, columns: CsvColumns): AsyncGenerator<CsvRow> {
  const parser = parse({ bom: true, skip_empty_lines: true, max_record_size: MOST_ROW_BYTES })
  const source = createReadStream(file)
  source.on('error', (error) => parser.destroy(error))
  source.pipe(parser)
  let row = 0
  let places: readonly number[] = []
  try {
    for await (const record of parser as AsyncIterable<readonly string[]>) {
      row++
      if (row === 1) places = placesOf(file, record, columns)
      else yield { row, values: places.map((place) => (place < 0 ? '' : record[place]!.trim())) }
    }
  } catch (cause) {
    if (cause instanceof PlatformError) throw cause
    const message = cause instanceof Error ? cause.message : String(cause)
    throw new PlatformError('ERR_CONFIG', `${file} cannot be read after row ${row}: ${message}`, { cause })
  } finally {
    source.destroy()
  }
  if (row === 0) throw new PlatformError('ERR_CONFIG', `${file} is empty: its first row must name the columns`)
}

function placesOf(file: string, header: readonly string[], { required, optional, others }: CsvColumns): number[] {
  const names = header.map((name) => name.trim())
  const missing = required.filter((name) => !names.includes(name))
  const known = [...required, ...optional]
  if (missing.length > 0) {
    throw new PlatformError(
      'ERR_CONFIG',
      `${file} has no column ${missing.join(', ')}; needed are ${required.join(', ')}${separatedOtherwise(header)}`,
    )
  }
  const twice = known.find((name) => names.indexOf(name) !== names.lastIndexOf(name))
  if (twice !== undefined) throw new PlatformError('ERR_CONFIG', `${file} has the column ${twice} twice: leave one out`)
  const odd = names.find((name) => !known.includes(name))
  if (!others && odd !== undefined) {
    throw new PlatformError('ERR_CONFIG', `${file} has the unknown column '${odd}'; there are ${known.join(', ')}`)
  }
  return known.map((name) => names.indexOf(name))
}

/** What spreadsheets write where the comma is for decimals. */
function separatedOtherwise([first = '', ...others]: readonly string[]): string {
  const separator = others.length === 0 ? /[;\t]/.exec(first)?.[0] : undefined
  if (separator === undefined) return ''
  return `. Its columns are separated by ${separator === '\t' ? 'tabs' : 'semicolons'}: save it with commas`
}
