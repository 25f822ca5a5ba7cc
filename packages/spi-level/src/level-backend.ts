import { adapterContext, isPlatformError, type AdapterContext, type PlatformError } from '@stemcell/core'
import {
  isAttachmentKey,
  rowCountOfRange,
  type FoundValue,
  type KeyRange,
  type SortedBackend,
  type SortedBatch,
  type SortedEntry,
  type SortedRange,
  type SortedReads,
  type SortedValue,
} from '@stemcell/core/sorted-store'
import type { Snapshot } from 'classic-level'
import type { Operation } from './commit-queue.ts'
import { countAll } from './count-all.ts'
import { DatabaseSession } from './database-session.ts'
import type { LevelDatabase } from './level-database.ts'
import type { LevelSettings } from './level-stores-options.ts'
import { countKeys, readMany, readRange } from './read-rows.ts'
import { mayHoldRecords } from './record-log/live-bytes.ts'
import { openBytes, openText, sealBytes } from './sealed-value.ts'
import { toPlatformError } from './to-platform-error.ts'

export interface LevelBackendOptions {
  /** Batches must survive a loss of power, where the database waits for the disk at all; true when not given. */
  readonly lasting?: boolean
}

/** What is in a folder: reads go to LevelDB, batches through its one writer, which judges their conditions. */
export class LevelBackend implements SortedBackend {
  readonly durable = true
  readonly session: DatabaseSession
  readonly #lasting: boolean

  constructor(
    settings: LevelSettings,
    context: AdapterContext = adapterContext(),
    { lasting = true }: LevelBackendOptions = {},
  ) {
    this.session = new DatabaseSession(settings, context)
    this.#lasting = lasting
  }

  open(): Promise<void> {
    return this.session.open()
  }

  close(): Promise<void> {
    return this.session.close()
  }

  get(key: string): Promise<SortedValue | undefined> {
    return this.session.run((database) => new LevelReads(database).get(key))
  }

  getMany(keys: readonly string[]): Promise<readonly (FoundValue | undefined)[]> {
    return this.session.run((database) => new LevelReads(database).getMany(keys))
  }

  range(range: SortedRange): Promise<readonly SortedEntry[]> {
    return this.session.run((database) => new LevelReads(database).range(range))
  }

  count(range: KeyRange): Promise<number> {
    return this.session.run((database) => new LevelReads(database).count(range))
  }

  view<T>(read: (reads: SortedReads) => Promise<T>): Promise<T> {
    return this.session.run(async (database) => {
      const snapshot = database.db.snapshot()
      try {
        return await database.records.reading(() => read(new LevelReads(database, snapshot)))
      } finally {
        await snapshot.close()
      }
    })
  }

  damagedParts(range: KeyRange): Promise<readonly PlatformError[]> {
    return this.session.run(({ damage }) => damage.within(range))
  }

  batch({ conditions, operations }: SortedBatch): Promise<boolean> {
    return this.session.run(({ commits, damage, db }) => {
      // Nobody can tell whether what is not found in a damaged part was there.
      for (const { key, value } of damage.isEmpty ? [] : conditions) {
        if (value === undefined) damage.require(key, db.getSync(key), () => named(key))
      }
      let bytes = 0
      const sealed = operations.map((operation): Operation => {
        if (operation.type === 'del') return operation
        const { key, value } = operation
        bytes += key.length + value.length
        return { type: 'put', key, value: typeof value === 'string' ? value : sealBytes(key, value) }
      })
      return commits.commit({ conditions, operations: sealed, counts: 'looked-up', bytes, lasting: this.#lasting })
    })
  }
}

/** Attachments are bytes, all else is text; both are opened here. Errors are translated, as a view is read by others. */
class LevelReads implements SortedReads {
  readonly #database: LevelDatabase
  readonly #snapshot: Snapshot | undefined

  constructor(database: LevelDatabase, snapshot?: Snapshot) {
    this.#database = database
    this.#snapshot = snapshot
  }

  get(key: string): Promise<SortedValue | undefined> {
    return this.#reading(async () => {
      const { db, damage } = this.#database
      const options = this.#snapshot ? { snapshot: this.#snapshot } : {}
      const sealed = isAttachmentKey(key)
        ? await db.get<string, Uint8Array>(key, { ...options, valueEncoding: 'view' })
        : await db.get(key, options)
      damage.require(key, sealed, () => named(key))
      if (sealed === undefined) return undefined
      if (typeof sealed !== 'string') return openBytes(key, sealed, () => named(key))
      return this.#database.records.resolve(
        key,
        openText(key, sealed, () => named(key)),
      )
    })
  }

  getMany(keys: readonly string[]): Promise<readonly (FoundValue | undefined)[]> {
    return this.#reading(async () => {
      const { db, damage, records } = this.#database
      const found = await readMany(db, this.#snapshot, keys)
      const values = keys.map((key, place) => {
        const sealed = found[place]
        const error = damage.isEmpty ? undefined : errorOf(() => damage.require(key, sealed, () => named(key)))
        return [key, error ?? (sealed === undefined ? undefined : textOrError(key, sealed))] as const
      })
      return records.resolveAll(values)
    })
  }

  range(range: SortedRange): Promise<readonly SortedEntry[]> {
    return this.#reading(async () => {
      const entries = await readRange(this.#database.db, this.#snapshot, range)
      const values = entries.map(([key, sealed]) => [key, textOrError(key, sealed)] as const)
      if (!mayHoldRecords(range)) return values
      const texts = await this.#database.records.resolveAll(values)
      return values.map(([key], place): SortedEntry => [key, texts[place]!])
    })
  }

  count({ gte, lt }: KeyRange): Promise<number> {
    return this.#reading(() => {
      const key = rowCountOfRange({ gte, lt })
      return key === undefined ? countKeys(this.#database.db, { gte, lt }) : countAll(this.#database, key)
    })
  }

  async #reading<T>(read: () => Promise<T>): Promise<T> {
    try {
      return await this.#database.records.reading(read)
    } catch (error) {
      throw toPlatformError(error, this.#database.settings.dir)
    }
  }
}

function textOrError(key: string, sealed: string): FoundValue {
  try {
    return openText(key, sealed, () => named(key))
  } catch (error) {
    return requireDamage(error)
  }
}

function errorOf(check: () => void): PlatformError | undefined {
  try {
    check()
    return undefined
  } catch (error) {
    return requireDamage(error)
  }
}

function requireDamage(error: unknown): PlatformError {
  if (isPlatformError(error, 'ERR_CORRUPT')) return error
  throw error
}

/** A key without the letters that tell the store and what it holds. */
function named(key: string): string {
  return `'${key.slice(2).replaceAll('\0', ' ')}'`
}
