import { constants } from 'node:fs'
import { copyFile, open, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { varint } from './inspection/byte-reader.ts'
import type { DamagedTable, InspectedTables } from './inspection/inspect-tables.ts'
import { logFragments } from './inspection/log-records.ts'
import { tableFile } from './inspection/table-file.ts'

/** Tags of LevelDB's `VersionEdit`. */
const NEXT_NUMBER = 3
const DELETED = 6
const ADDED = 7

/**
 * Gives the database, which nobody uses, tables with what is left of the damaged ones. LevelDB does not look at digests
 * when it merges tables: it would end the process at a key out of order, or write nothing more after a block that
 * cannot be read. The damaged files stay beside the new ones, with `.damaged` behind their names.
 */
export async function replaceDamagedTables(dir: string, { damagedTables, list }: InspectedTables): Promise<void> {
  // Where the list is damaged as well, LevelDB refuses the database, or its repair makes the list anew.
  if (damagedTables.length === 0 || list.file === undefined) return
  let number = list.nextNumber
  const edit: Buffer[] = []
  for (const { name, table, left } of damagedTables) {
    await copyFile(join(dir, name), join(dir, `${name}.damaged`), constants.COPYFILE_FICLONE)
    edit.push(varint(DELETED), varint(table.level), varint(table.number))
    if (left.length > 0) edit.push(await addTable(dir, number++, table.level, left))
  }
  edit.push(varint(NEXT_NUMBER), varint(number))
  await appendEdit(list.file, Buffer.concat(edit))
  // A repair of LevelDB would take them up again.
  for (const { name } of damagedTables) await rm(join(dir, name))
}

async function addTable(dir: string, number: number, level: number, left: DamagedTable['left']): Promise<Buffer> {
  const bytes = tableFile(left)
  const [smallest, largest] = [left[0]!.key, left.at(-1)!.key]
  await writeDurably(join(dir, `${String(number).padStart(6, '0')}.ldb`), 'w', bytes)
  const numbers = [ADDED, level, number, bytes.length].map(varint)
  return Buffer.concat([...numbers, varint(smallest.length), smallest, varint(largest.length), largest])
}

async function appendEdit(file: string, edit: Buffer): Promise<void> {
  const { length } = await readFile(file)
  await writeDurably(file, 'a', logFragments(edit, length))
}

async function writeDurably(path: string, flags: 'w' | 'a', bytes: Buffer): Promise<void> {
  const file = await open(path, flags, 0o600)
  try {
    await file.writeFile(bytes)
    await file.sync()
  } finally {
    await file.close()
  }
}
