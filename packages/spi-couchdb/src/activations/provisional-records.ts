import { isPlatformError, parseJson, stringifyJson, type Activation, type JsonObject } from '@stemcell/core'
import type { Database } from '../http/database.ts'
import { readRecord } from './record-form.ts'
import type { Spill } from './spill.ts'

/** No record has such an id, as no namespace has a colon; no view shows these documents. */
export const PROVISIONAL = 'provisional:'
/** Ids are compared by their bytes, and `;` is next to the colon. */
const BEHIND = 'provisional;'
const PAGE = 100

interface Row {
  readonly id: string
  readonly doc?: JsonObject | null
}

interface Provisional {
  readonly id: string
  readonly revision: string
  readonly owner: string
  readonly record: JsonObject
}

/** Where it waits on the disk while the database does not answer, in the order in which it was asked for. */
export interface ProvisionalWaiting {
  readonly spill: Spill
  /** Longest wait for the database, ms. */
  readonly afterMs: number
  /** The database is known to be down. */
  readonly isFailing: () => boolean
  /** It did not answer in time. */
  readonly noteFailure: () => void
  /** Something waits. */
  readonly start: () => void
  /** Resolves once nothing waits any more. @throws ERR_UNAVAILABLE */
  readonly drained: () => Promise<void>
}

/** Provisional records: one document each, until the activation has its record. */
export class ProvisionalRecords {
  readonly #database: Database
  readonly #waiting: ProvisionalWaiting | undefined
  /** Of this process: what must be removed when the record is stored. */
  readonly #own = new Set<string>()

  constructor(database: Database, waiting?: ProvisionalWaiting) {
    this.#database = database
    this.#waiting = waiting
  }

  /** Writes the record, given as its `activationText`, in place of an earlier one. */
  async keep(owner: string, recordId: string, text: string): Promise<void> {
    if (this.#waiting?.spill.has(recordId)) return
    await this.#orOnDisk(recordId, `"owner":${JSON.stringify(owner)},"provisional":${text}`, (database) =>
      this.#keep(database, owner, recordId, text),
    )
    this.#own.add(recordId)
  }

  /** To be called when the record is stored; fast if this process wrote no provisional one. */
  async recordStored(recordId: string): Promise<void> {
    if (!this.#own.has(recordId)) return
    await this.#orOnDisk(recordId, '"stored":true', (database) => this.#settle(database, recordId))
    this.#own.delete(recordId)
  }

  /** The same of a record that waited on the disk. @throws ERR_UNAVAILABLE */
  async waitingRecordStored(recordId: string): Promise<void> {
    if (!this.#own.has(recordId)) return
    await this.#settle(this.#database, recordId)
    this.#own.delete(recordId)
  }

  async discardProvisional(owner: string, recordId: string): Promise<void> {
    this.#own.delete(recordId)
    await this.#orOnDisk(recordId, `"discardedBy":${JSON.stringify(owner)}`, (database) =>
      this.#discardProvisional(database, owner, recordId),
    )
  }

  /** Does what waited on the disk, given as the line that stands there. @throws ERR_UNAVAILABLE, ERR_TOO_LARGE */
  async replay(line: string): Promise<void> {
    const { _id: id, owner, discardedBy, stored, provisional: record } = parseJson(line) as JsonObject
    if (typeof id !== 'string') return
    const recordId = id.slice(PROVISIONAL.length)
    const database = this.#database
    if (stored === true) await this.#settle(database, recordId)
    if (typeof discardedBy === 'string') await this.#discardProvisional(database, discardedBy, recordId)
    if (typeof owner === 'string') await this.#keep(database, owner, recordId, stringifyJson(record ?? null))
  }

  /** Stores the provisional records of `owner` with `put`; returns how many became records. */
  async finalizeOrphans(owner: string, put: (record: Activation) => Promise<'stored' | 'exists'>): Promise<number> {
    await this.#drained()
    let made = 0
    for await (const provisional of this.#all()) {
      if (provisional.owner !== owner) continue
      const record = readable(provisional.record)
      // One that cannot be read stays, and does not keep the others from being finalized.
      if (!record) continue
      if ((await put(record)) === 'stored') made++
      await remove(this.#database, provisional)
    }
    return made
  }

  async owners(): Promise<readonly string[]> {
    await this.#drained()
    const owners = new Set<string>()
    for await (const { owner } of this.#all()) owners.add(owner)
    return [...owners]
  }

  /** On the disk while the database does not answer, and as long as something of the same record is there. */
  async #orOnDisk(recordId: string, members: string, action: (database: Database) => Promise<void>): Promise<void> {
    const id = PROVISIONAL + recordId
    const text = `{"_id":${JSON.stringify(id)},${members}}`.replaceAll(/[\r\n]/g, ' ')
    const onDisk = async (): Promise<boolean> => {
      if (!(await this.#waiting?.spill.append([{ id, text }]))) return false
      this.#waiting?.start()
      return true
    }
    const waiting = this.#waiting
    if ((waiting?.isFailing() || waiting?.spill.has(id)) && (await onDisk())) return
    try {
      await action(waiting ? this.#database.within(waiting.afterMs) : this.#database)
    } catch (error) {
      if (!waiting || !isPlatformError(error, 'ERR_UNAVAILABLE')) throw error
      waiting.noteFailure()
      if (!(await onDisk())) throw error
    }
  }

  async #keep(database: Database, owner: string, recordId: string, text: string): Promise<void> {
    const id = PROVISIONAL + recordId
    for (;;) {
      if (await database.get(recordId)) return
      const current = await readProvisionalOf(database, id)
      const head = JSON.stringify({ _id: id, ...(current && { _rev: current.revision }), owner })
      try {
        await database.put(id, `${head.slice(0, -1)},"provisional":${text}}`)
        return
      } catch (error) {
        // Another process wrote one at the same time.
        if (!isPlatformError(error, 'ERR_CONFLICT')) throw error
      }
    }
  }

  async #discardProvisional(database: Database, owner: string, recordId: string): Promise<void> {
    const current = await readProvisionalOf(database, PROVISIONAL + recordId)
    if (current?.owner === owner) await remove(database, current)
  }

  async #settle(database: Database, recordId: string): Promise<void> {
    const current = await readProvisionalOf(database, PROVISIONAL + recordId)
    if (current) await remove(database, current)
  }

  /** Includes what waits on the disk, so that no orphan is missed. */
  async #drained(): Promise<void> {
    if (this.#waiting?.spill.holds(PROVISIONAL)) await this.#waiting.drained()
  }

  async *#all(): AsyncGenerator<Provisional, void, undefined> {
    for (let startkey: string = PROVISIONAL, skip = 0; ; skip = 1) {
      const query = { include_docs: true, startkey, endkey: BEHIND, limit: PAGE, skip }
      const { rows } = await this.#database.ask<{ readonly rows: readonly Row[] }>('/_all_docs', query)
      for (const { doc } of rows) {
        const provisional = doc && readProvisional(doc)
        if (provisional) yield provisional
      }
      if (rows.length < PAGE) return
      startkey = rows.at(-1)!.id
    }
  }
}

async function readProvisionalOf(database: Database, id: string): Promise<Provisional | undefined> {
  const document = await database.get(id)
  return document && readProvisional(document)
}

async function remove(database: Database, { id, revision }: Provisional): Promise<void> {
  try {
    await database.delete(id, revision)
  } catch (error) {
    // It was replaced or removed meanwhile.
    if (!isPlatformError(error, 'ERR_CONFLICT')) throw error
  }
}

function readProvisional(document: JsonObject): Provisional | undefined {
  const { _id: id, _rev: revision, owner, provisional: record } = document
  return typeof id === 'string' && typeof revision === 'string' && typeof owner === 'string' && isRecord(record)
    ? { id, revision, owner, record }
    : undefined
}

function isRecord(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function readable(record: JsonObject): Activation | undefined {
  try {
    return readRecord(record)
  } catch (error) {
    if (isPlatformError(error, 'ERR_CORRUPT')) return undefined
    throw error
  }
}
