import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { codeOf } from '../to-platform-error.ts'
import { ByteReader } from './byte-reader.ts'
import { scanLog } from './log-records.ts'

/** A key of LevelDB ends with a number and a type. */
export const KEY_TRAILER_BYTES = 8

/** What CURRENT has in it. */
export const LIST_NAME = /^MANIFEST-\d+\n$/

export interface LiveTable {
  readonly number: number
  readonly level: number
  readonly bytes: number
  readonly smallest: Buffer
  readonly largest: Buffer
}

export interface TableList {
  readonly tables: readonly LiveTable[]
  /** The file that says so; undefined where LevelDB itself will say what is wrong with it, and nothing may be added. */
  readonly file: string | undefined
  /** The first number that no file has. */
  readonly nextNumber: number
}

/** The tables that the database consists of; none where LevelDB itself will say what is wrong with their list. */
export async function liveTables(dir: string): Promise<TableList> {
  const tables = new Map<number, LiveTable>()
  let nextNumber = 0
  try {
    const name = await readFile(join(dir, 'CURRENT'), 'utf8')
    if (!LIST_NAME.test(name)) throw new RangeError('no name of a list')
    const file = join(dir, name.trim())
    const { records, damagedAt, tornBytes } = scanLog(await readFile(file))
    for (const edit of records) nextNumber = applyEdit(tables, new ByteReader(edit)) ?? nextNumber
    const isWhole = damagedAt.length === 0 && tornBytes === 0
    return { tables: [...tables.values()], file: isWhole ? file : undefined, nextNumber }
  } catch (error) {
    if (error instanceof RangeError || codeOf(error) === 'ENOENT') return { tables: [], file: undefined, nextNumber }
    throw error
  }
}

/** Tags of LevelDB's `VersionEdit`. @returns the next number of a file, where the edit says it. */
function applyEdit(tables: Map<number, LiveTable>, reader: ByteReader): number | undefined {
  let nextNumber: number | undefined
  while (!reader.isAtEnd) {
    const tag = reader.varint()
    switch (tag) {
      case 1:
        reader.text()
        break
      case 3:
        nextNumber = reader.varint()
        break
      case 2:
      case 4:
      case 9:
        reader.varint()
        break
      case 5:
        reader.varint()
        reader.text()
        break
      case 6:
        reader.varint()
        tables.delete(reader.varint())
        break
      case 7: {
        const [level, number, bytes] = [reader.varint(), reader.varint(), reader.varint()]
        tables.set(number, { number, level, bytes, smallest: userKey(reader.text()), largest: userKey(reader.text()) })
        break
      }
      default:
        throw new RangeError(`unknown tag ${tag}`)
    }
  }
  return nextNumber
}

export function userKey(key: Buffer): Buffer {
  if (key.length < KEY_TRAILER_BYTES) throw new RangeError('no key')
  return key.subarray(0, -KEY_TRAILER_BYTES)
}
