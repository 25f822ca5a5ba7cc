import { isPlatformError, readActivation, type Activation, type JsonObject } from '@stemcell/core'
import type { Database } from '../http/database.ts'

/** No record has such an id, as no namespace has a colon; no view shows these documents. */
const PREFIX = 'foreseen:'
/** Ids are compared by their bytes, and `;` is next to the colon. */
const BEHIND = 'foreseen;'
const PAGE = 100

interface Row {
  readonly id: string
  readonly doc?: JsonObject | null
}

interface Foreseen {
  readonly id: string
  readonly revision: string
  readonly owner: string
  readonly record: JsonObject
}

/** Records that are kept in case their activations are cut short: a document of each, until there is a record. */
export class ForeseenRecords {
  readonly #database: Database
  /** Of this process: what must go when the record is stored. */
  readonly #own = new Set<string>()

  constructor(database: Database) {
    this.#database = database
  }

  /** Keeps the record, given as its `activationText`, in place of an earlier one. */
  async keep(owner: string, recordId: string, text: string): Promise<void> {
    const id = PREFIX + recordId
    for (;;) {
      if (await this.#database.get(recordId)) return
      const current = await this.#read(id)
      const head = JSON.stringify({ _id: id, ...(current && { _rev: current.revision }), owner })
      try {
        await this.#database.put(id, `${head.slice(0, -1)},"foreseen":${text}}`)
        this.#own.add(recordId)
        return
      } catch (error) {
        // Somebody else kept another at the same time.
        if (!isPlatformError(error, 'ERR_CONFLICT')) throw error
      }
    }
  }

  /** To be called when the record is stored; quick where this process foresaw nothing of it. */
  async recordStored(recordId: string): Promise<void> {
    if (!this.#own.has(recordId)) return
    const current = await this.#read(PREFIX + recordId)
    if (current) await this.#remove(current)
    this.#own.delete(recordId)
  }

  async withdraw(owner: string, recordId: string): Promise<void> {
    this.#own.delete(recordId)
    const current = await this.#read(PREFIX + recordId)
    if (current?.owner === owner) await this.#remove(current)
  }

  /** Stores what `owner` foresaw with `put`; returns how many records that made. */
  async adopt(owner: string, put: (record: Activation) => Promise<'stored' | 'exists'>): Promise<number> {
    let made = 0
    for await (const foreseen of this.#all()) {
      if (foreseen.owner !== owner) continue
      if ((await put(readActivation(foreseen.record))) === 'stored') made++
      await this.#remove(foreseen)
    }
    return made
  }

  async owners(): Promise<readonly string[]> {
    const owners = new Set<string>()
    for await (const { owner } of this.#all()) owners.add(owner)
    return [...owners]
  }

  async *#all(): AsyncGenerator<Foreseen, void, undefined> {
    for (let startkey: string = PREFIX, skip = 0; ; skip = 1) {
      const query = { include_docs: true, startkey, endkey: BEHIND, limit: PAGE, skip }
      const { rows } = await this.#database.ask<{ readonly rows: readonly Row[] }>('/_all_docs', query)
      for (const { doc } of rows) {
        const foreseen = doc && readForeseen(doc)
        if (foreseen) yield foreseen
      }
      if (rows.length < PAGE) return
      startkey = rows.at(-1)!.id
    }
  }

  async #read(id: string): Promise<Foreseen | undefined> {
    const document = await this.#database.get(id)
    return document && readForeseen(document)
  }

  async #remove({ id, revision }: Foreseen): Promise<void> {
    try {
      await this.#database.delete(id, revision)
    } catch (error) {
      // It was replaced or removed meanwhile.
      if (!isPlatformError(error, 'ERR_CONFLICT')) throw error
    }
  }
}

function readForeseen(document: JsonObject): Foreseen | undefined {
  const { _id: id, _rev: revision, owner, foreseen: record } = document
  return typeof id === 'string' && typeof revision === 'string' && typeof owner === 'string' && isRecord(record)
    ? { id, revision, owner, record }
    : undefined
}

function isRecord(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
