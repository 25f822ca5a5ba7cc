import {
  PlatformError,
  requirePage,
  stringifyJson,
  type AdapterContext,
  type AttachmentInfo,
  type DocumentStore,
  type DocumentStoreCapabilities,
  type IndexQuery,
  type IndexRow,
  type JsonObject,
  type PutOptions,
  type PutResult,
  type ScanOptions,
  type StoredDocument,
} from '@stemcell/core'
import type { CouchSettings } from '../couch-stores-options.ts'
import type { DatabaseDesign } from '../design/database-design.ts'
import { conflict, type Database } from '../http/database.ts'
import { StoreSession } from '../store-session.ts'
import { couchId, documentBody, storedDocument } from './document-form.ts'
import { isObject, type IndexView } from './index-view.ts'
import { readDocuments, scanDocuments } from './scan-documents.ts'
import { storableJson } from './storable-json.ts'

export interface CouchDocumentStoreParts {
  readonly settings: CouchSettings
  readonly database: string
  readonly design: DatabaseDesign
  readonly views: ReadonlyMap<string, IndexView>
}

/** Documents in a database of CouchDB. A write is one request, attachments included. */
export class CouchDocumentStore implements DocumentStore {
  readonly capabilities: DocumentStoreCapabilities
  readonly #views: ReadonlyMap<string, IndexView>
  readonly #session: StoreSession

  constructor({ settings, database, design, views }: CouchDocumentStoreParts, context: AdapterContext) {
    const { maxDocumentBytes, maxAttachmentBytes } = settings
    this.capabilities = { durable: true, maxDocumentBytes, maxAttachmentBytes }
    this.#views = views
    this.#session = new StoreSession({ settings, context, database, design })
  }

  open(): Promise<void> {
    return this.#session.open()
  }

  close(): Promise<void> {
    return this.#session.close()
  }

  get(id: string): Promise<StoredDocument | undefined> {
    return this.#session.run(async (database) => {
      const document = await database.get(couchId(id))
      return document && storedDocument(id, document)
    })
  }

  put(
    id: string,
    document: JsonObject,
    { revision, attachments = {}, keepAttachments = [] }: PutOptions = {},
  ): Promise<PutResult> {
    return this.#session.run(async (database) => {
      const text = storableJson(stringifyJson(document))
      this.#requireSizes(text, attachments)
      const reserved = Object.keys(document).find((name) => name.startsWith('_'))
      if (reserved !== undefined) throw new TypeError(`document '${id}': CouchDB keeps members like '${reserved}'`)
      // Made now: the caller may change its bytes while the present revision is read.
      const write = { id, text, revision, attachments: copied(attachments), kept: {} }
      const kept = revision === undefined ? {} : await this.#requireCurrent(database, id, revision, keepAttachments)
      return { revision: await database.put(couchId(id), documentBody({ ...write, kept })) }
    })
  }

  delete(id: string, revision: string): Promise<void> {
    return this.#session.run((database) => database.delete(couchId(id), revision))
  }

  readAttachment(id: string, name: string): Promise<Uint8Array | undefined> {
    return this.#session.run((database) => database.getAttachment(couchId(id), name))
  }

  attachments(id: string): Promise<readonly AttachmentInfo[]> {
    return this.#session.run(async (database) => attachmentsOf(await database.get(couchId(id))))
  }

  list({ documents = false, ...query }: IndexQuery): Promise<readonly IndexRow[]> {
    return this.#session.run(async (database) => {
      requirePage(query)
      const rows = await this.#view(query.index).list(database, query)
      if (!documents) return rows
      const found = await readDocuments(
        database,
        rows.map(({ id }) => id),
      )
      // A document that went since its row was read is not listed.
      return rows.flatMap((row, index) => (found[index] ? [{ ...row, stored: found[index] }] : []))
    })
  }

  count(query: Omit<IndexQuery, 'skip' | 'limit' | 'descending' | 'documents'>): Promise<number> {
    return this.#session.run(async (database) => this.#view(query.index).count(database, query))
  }

  /** Reads page by page: a document written meanwhile may be seen or not. */
  scan(options: ScanOptions = {}): AsyncGenerator<StoredDocument, void, undefined> {
    return scanDocuments((operation) => this.#session.run(operation), options)
  }

  #view(index: string): IndexView {
    const view = this.#views.get(index)
    if (!view) throw new TypeError(`there is no index '${index}'`)
    return view
  }

  #requireSizes(text: string, attachments: NonNullable<PutOptions['attachments']>): void {
    const { maxDocumentBytes, maxAttachmentBytes } = this.capabilities
    if (Buffer.byteLength(text) > maxDocumentBytes) {
      throw new PlatformError('ERR_TOO_LARGE', `document is larger than ${maxDocumentBytes} bytes`)
    }
    for (const [name, { bytes }] of Object.entries(attachments)) {
      if (bytes.byteLength > maxAttachmentBytes) {
        throw new PlatformError('ERR_TOO_LARGE', `attachment '${name}' is larger than ${maxAttachmentBytes} bytes`)
      }
    }
  }

  /**
   * CouchDB takes any revision for an id that it has never seen, so an update looks first; what changes after the look
   * it refuses itself. Returns the attachments of that revision that are to be kept.
   */
  async #requireCurrent(
    database: Database,
    id: string,
    revision: string,
    keepAttachments: readonly string[],
  ): Promise<JsonObject> {
    if (keepAttachments.length > 0) {
      const current = await database.get(couchId(id))
      if (current?.['_rev'] !== revision) throw conflict(id)
      const present = isObject(current['_attachments']) ? current['_attachments'] : {}
      return Object.fromEntries(Object.entries(present).filter(([name]) => keepAttachments.includes(name)))
    }
    if ((await database.revision(couchId(id))) !== revision) throw conflict(id)
    return {}
  }
}

function attachmentsOf(document: JsonObject | undefined): AttachmentInfo[] {
  const present = document?.['_attachments']
  if (!isObject(present)) return []
  return Object.entries(present).map(([name, stub]) => {
    const { content_type: contentType, length } = isObject(stub) ? stub : {}
    return {
      name,
      contentType: typeof contentType === 'string' ? contentType : 'application/octet-stream',
      bytes: typeof length === 'number' ? length : 0,
    }
  })
}

function copied(attachments: NonNullable<PutOptions['attachments']>): NonNullable<PutOptions['attachments']> {
  return Object.fromEntries(
    Object.entries(attachments).map(([name, { contentType, bytes }]) => [
      name,
      { contentType, bytes: new Uint8Array(bytes) },
    ]),
  )
}
