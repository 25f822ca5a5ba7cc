import {
  activationText,
  isPlatformError,
  parseJson,
  PlatformError,
  requirePage,
  type Activation,
  type ActivationQuery,
  type ActivationRetention,
  type ActivationScanRow,
  type ActivationStore,
  type ActivationStoreCapabilities,
  type AdapterContext,
  type JsonObject,
} from '@stemcell/core'
import type { CouchSettings } from '../couch-stores-options.ts'
import {
  ACTIVATION_DESIGN,
  BY_NAME_VIEW,
  BY_START_VIEW,
  UNUSUAL_BY_NAME_VIEW,
  UNUSUAL_BY_START_VIEW,
} from '../design/activation-design.ts'
import { scanDocuments } from '../documents/scan-documents.ts'
import { isObject } from '../documents/index-view.ts'
import { countRange, readRange, type ViewRange, type ViewRow } from '../documents/read-view.ts'
import { storableJson } from '../documents/storable-json.ts'
import type { Database } from '../http/database.ts'
import { StoreSession } from '../store-session.ts'
import { expireRecords } from './activation-expiry.ts'
import { ActivationWriter } from './activation-writer.ts'
import { ProvisionalRecords } from './provisional-records.ts'
import { readRecord, recordBody, recordId } from './record-form.ts'
import { deleteRecords, purgeOrDelete, type RemoveRecords } from './remove-records.ts'
import { Spill } from './spill.ts'
import { SpillDrain } from './spill-drain.ts'
import type { PutOutcome } from './write-records.ts'

type Page = { readonly skip: number; readonly limit: number }

/** What there is while the store is open. */
interface Work {
  readonly writer: ActivationWriter
  readonly provisional: ProvisionalRecords
  readonly spill?: Spill
  readonly drain?: SpillDrain
}

/** Activation records in a database of CouchDB, and on the disk while that does not answer. */
export class CouchActivationStore implements ActivationStore {
  readonly capabilities: ActivationStoreCapabilities
  readonly #settings: CouchSettings
  readonly #context: AdapterContext
  readonly #session: StoreSession
  readonly #remove: RemoveRecords
  #work: Work | undefined
  #expiring: Promise<unknown> = Promise.resolve()

  constructor(settings: CouchSettings, context: AdapterContext) {
    this.capabilities = { durable: true, maxRecordBytes: settings.maxDocumentBytes }
    this.#settings = settings
    this.#context = context
    this.#remove = settings.removal === 'purge' ? purgeOrDelete(context.logger) : deleteRecords
    this.#session = new StoreSession({
      settings,
      context,
      database: settings.databases.activations,
      design: ACTIVATION_DESIGN,
      opened: async (database) => {
        this.#work = await this.#begin(database)
      },
      closing: () => this.#end(),
    })
  }

  open(): Promise<void> {
    return this.#session.open()
  }

  close(): Promise<void> {
    return this.#session.close()
  }

  put(activation: Activation): Promise<PutOutcome> {
    return this.#session.run(() => this.#put(activation))
  }

  async putProvisional(owner: string, record: Activation): Promise<void> {
    const text = this.#textOf(record)
    const id = recordId(record.namespace, record.activationId)
    await this.#session.run(() => this.#opened.provisional.keep(owner, id, text))
  }

  async discardProvisional(owner: string, namespace: string, activationId: string): Promise<void> {
    await this.#session.run(() => this.#opened.provisional.discardProvisional(owner, recordId(namespace, activationId)))
  }

  finalizeOrphans(owner: string): Promise<number> {
    return this.#session.run(() => this.#opened.provisional.finalizeOrphans(owner, (record) => this.#put(record)))
  }

  owners(): Promise<readonly string[]> {
    return this.#session.run(() => this.#opened.provisional.owners())
  }

  get(namespace: string, activationId: string): Promise<Activation | undefined> {
    return this.#session.run(async (database) => {
      const id = recordId(namespace, activationId)
      const waiting = await this.#opened.spill?.read(id)
      const document = waiting === undefined ? await database.get(id) : (parseJson(waiting) as JsonObject)
      return document && readRecord(document)
    })
  }

  list(query: ActivationQuery & Page & { readonly full: true }): Promise<readonly Activation[]>
  list(query: ActivationQuery & Page & { readonly full: false }): Promise<readonly JsonObject[]>
  list(
    query: ActivationQuery & Page & { readonly full: boolean },
  ): Promise<readonly Activation[] | readonly JsonObject[]> {
    return this.#session.run(async (database) => {
      requirePage(query)
      await this.#opened.drain?.drained()
      const { skip, limit, full: documents } = query
      const rows = await readRange(database, { ...rangeOf(query), descending: true, skip, limit, documents })
      // A record that went since its row was read is not listed.
      if (documents) return rows.flatMap(({ doc }) => (doc ? (this.#readable(doc) ?? []) : []))
      return rows.map(summaryOf)
    })
  }

  count(query: ActivationQuery): Promise<number> {
    return this.#session.run(async (database) => {
      await this.#opened.drain?.drained()
      return countRange(database, rangeOf(query))
    })
  }

  expire(retention: ActivationRetention): Promise<number> {
    return this.#session.run((database) => {
      const removed = this.#expiring.then(() => expireRecords(database, retention, this.#remove, this.#context.logger))
      this.#expiring = removed.catch(() => undefined)
      return removed
    })
  }

  /** In the order of the documents' ids; a record written meanwhile may be seen or not. */
  async *scan({ after }: { readonly after?: string } = {}): AsyncGenerator<ActivationScanRow, void, undefined> {
    await this.#session.run(() => this.#opened.drain?.drained() ?? Promise.resolve())
    const options = after === undefined ? {} : { after }
    for await (const { id, document } of scanDocuments((operation) => this.#session.run(operation), options)) {
      if (document['activationId'] !== undefined) yield { cursor: id, activation: this.#readable(document) }
    }
  }

  async #put(activation: Activation): Promise<PutOutcome> {
    const { writer, provisional, spill } = this.#opened
    const id = recordId(activation.namespace, activation.activationId)
    const { clock } = this.#context
    // Where there is no end, OpenWhisk writes 0, and cannot read a record without one.
    const added = { updated: clock.now(), ...(activation.end === undefined ? { end: 0 } : {}) }
    const outcome = await writer.put(id, () => recordBody(id, this.#textOf(activation), added))
    // A record that waits on the disk replaces its provisional one once it is in the database.
    if (!spill?.has(id)) await provisional.recordStored(id)
    return outcome
  }

  #readable(document: JsonObject): Activation | undefined {
    try {
      return readRecord(document)
    } catch (error) {
      if (!isPlatformError(error, 'ERR_CORRUPT')) throw error
      this.#context.logger.error({ err: error }, 'an activation record cannot be read; it is left out')
      return undefined
    }
  }

  #textOf(activation: Activation): string {
    const text = storableJson(activationText(activation))
    const { maxRecordBytes } = this.capabilities
    if (Buffer.byteLength(text) <= maxRecordBytes) return text
    throw new PlatformError('ERR_TOO_LARGE', `record is larger than ${maxRecordBytes} bytes`)
  }

  get #opened(): Work {
    if (!this.#work) throw new PlatformError('ERR_CLOSED', 'the activation store is not open')
    return this.#work
  }

  async #begin(database: Database): Promise<Work> {
    const { logger } = this.#context
    const options = this.#settings.spill
    if (!options)
      return { writer: new ActivationWriter({ database, logger }), provisional: new ProvisionalRecords(database) }
    const spill = await Spill.open(options, logger)
    const provisional = new ProvisionalRecords(database, {
      spill,
      afterMs: options.afterMs,
      isFailing: () => drain.isFailing,
      noteFailure: () => drain.noteFailure(),
      start: () => drain.start(),
      drained: () => drain.drained(),
    })
    const drain = new SpillDrain({ database, spill, context: this.#context, provisional })
    if (spill.size > 0) drain.start()
    const waiting = { spill, drain, afterMs: options.afterMs }
    return { writer: new ActivationWriter({ database, logger, waiting }), provisional, spill, drain }
  }

  async #end(): Promise<void> {
    await this.#work?.drain?.stop()
    await this.#work?.spill?.close()
    this.#work = undefined
  }
}

function rangeOf({ namespace, name, since: from, upto: to }: ActivationQuery): ViewRange {
  return name === undefined
    ? { path: BY_START_VIEW, unusualPath: UNUSUAL_BY_START_VIEW, partition: namespace, from, to }
    : { path: BY_NAME_VIEW, unusualPath: UNUSUAL_BY_NAME_VIEW, partition: `${namespace}/${name}`, from, to }
}

/** Old documents lack members that a listing shows. */
function summaryOf({ value }: ViewRow): JsonObject {
  return { version: '0.0.1', publish: false, annotations: [], ...(isObject(value) ? value : {}) }
}
