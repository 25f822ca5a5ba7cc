import type {
  KeyRange,
  SortedBackend,
  SortedBatch,
  SortedEntry,
  SortedRange,
  SortedValue,
} from '@stemcell/core/sorted-store'
import Database from 'libsql'

const BUSY_MS = 5000

/**
 * One table of SQLite, in order of its keys. Keys are kept as bytes: SQLite compares these as they are, and texts would
 * end at a NUL. Processes may share the file; a commit survives the death of a process, and with `synchronous = FULL`
 * that of the machine.
 */
export class SqliteBackend implements SortedBackend {
  readonly durable = true
  readonly #file: string
  #opened: ReturnType<typeof openTable> | undefined

  constructor(file: string) {
    this.#file = file
  }

  async open(): Promise<void> {
    this.#opened ??= openTable(this.#file)
  }

  async close(): Promise<void> {
    this.#opened?.database.close()
    this.#opened = undefined
  }

  get(key: string): SortedValue | undefined {
    return this.#table.get.get([bytesOf(key)])?.[0]
  }

  range({ gte, lt, reverse, skip, limit }: SortedRange): readonly SortedEntry[] {
    const { up, down } = this.#table
    const rows = (reverse ? down : up).all([bytesOf(gte), bytesOf(lt), limit, skip])
    return rows.map(([key, value]) => [Buffer.from(key).toString(), value])
  }

  count({ gte, lt }: KeyRange): number {
    return this.#table.count.get([bytesOf(gte), bytesOf(lt)])?.[0] ?? 0
  }

  batch(batch: SortedBatch): boolean {
    return this.#table.write(batch)
  }

  get #table(): ReturnType<typeof openTable> {
    if (this.#opened) return this.#opened
    throw new Error(`${this.#file} is not open`)
  }
}

type Row<T extends readonly unknown[]> = {
  get(parameters: readonly unknown[]): T | undefined
  all(parameters: readonly unknown[]): T[]
}

function openTable(file: string) {
  const database = new Database(file, { timeout: BUSY_MS })
  database.pragma('journal_mode = WAL')
  database.pragma('synchronous = NORMAL')
  database.exec('CREATE TABLE IF NOT EXISTS entries (key BLOB PRIMARY KEY, value NOT NULL)')
  const prepare = <T extends readonly unknown[]>(sql: string): Row<T> =>
    database.prepare(sql).raw() as unknown as Row<T>
  const page = (order: string): Row<readonly [key: Uint8Array, value: SortedValue]> =>
    prepare(`SELECT key, value FROM entries WHERE key >= ? AND key < ? ORDER BY key ${order} LIMIT ? OFFSET ?`)
  const get = prepare<readonly [SortedValue]>('SELECT value FROM entries WHERE key = ?')
  const put = database.prepare('INSERT OR REPLACE INTO entries (key, value) VALUES (?, ?)')
  const del = database.prepare('DELETE FROM entries WHERE key = ?')
  const transaction = database.transaction(({ conditions, operations }: SortedBatch): boolean => {
    for (const { key, value } of conditions) if (get.get([bytesOf(key)])?.[0] !== value) return false
    for (const operation of operations) {
      if (operation.type === 'put') put.run([bytesOf(operation.key), operation.value])
      else del.run([bytesOf(operation.key)])
    }
    return true
  })
  return {
    database,
    get,
    write: (batch: SortedBatch): boolean => transaction.immediate(batch),
    count: prepare<readonly [number]>('SELECT count(*) FROM entries WHERE key >= ? AND key < ?'),
    up: page('ASC'),
    down: page('DESC'),
  }
}

function bytesOf(key: string): Buffer {
  return Buffer.from(key)
}
