import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { codeOf } from '../to-platform-error.ts'
import { ByteReader } from './byte-reader.ts'
import { scanLog } from './log-records.ts'

/** A key of LevelDB ends with a number and a type. */
export const KEY_TRAILER_BYTES = 8

export interface LiveTable {
  readonly number: number
  readonly bytes: number
  readonly smallest: Buffer
  readonly largest: Buffer
}

/** The tables that the database consists of; none where LevelDB itself will say what is wrong with its list. */
export async function liveTables(dir: string): Promise<readonly LiveTable[]> {
  const tables = new Map<number, LiveTable>()
  try {
    const name = (await readFile(join(dir, 'CURRENT'), 'utf8')).trim()
    for (const edit of scanLog(await readFile(join(dir, name))).records) applyEdit(tables, new ByteReader(edit))
  } catch (error) {
    if (error instanceof RangeError || codeOf(error) === 'ENOENT') return []
    throw error
  }
  return [...tables.values()]
}

/** Tags of LevelDB's `VersionEdit`. */
function applyEdit(tables: Map<number, LiveTable>, reader: ByteReader): void {
  while (!reader.isAtEnd) {
    const tag = reader.varint()
    switch (tag) {
      case 1:
        reader.text()
        break
      case 2:
      case 3:
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
        reader.varint()
        const [number, bytes] = [reader.varint(), reader.varint()]
        tables.set(number, { number, bytes, smallest: userKey(reader.text()), largest: userKey(reader.text()) })
        break
      }
      default:
        throw new RangeError(`unknown tag ${tag}`)
    }
  }
}

export function userKey(key: Buffer): Buffer {
  if (key.length < KEY_TRAILER_BYTES) throw new RangeError('no key')
  return key.subarray(0, -KEY_TRAILER_BYTES)
}
