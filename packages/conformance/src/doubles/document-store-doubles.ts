import { PlatformError, type DocumentStore, type JsonObject, type JsonValue, type StoredDocument } from '@stemcell/core'
import { brokenDocuments as broken, turn } from './broken-store.ts'
import type { BrokenDoubles } from '../kit/bite-suite.ts'

const SMALL = { durable: false, maxDocumentBytes: 1000, maxAttachmentBytes: 1000 }

export const documentStoreDoubles: BrokenDoubles<DocumentStore> = {
  'document.is-returned-as-put': broken((real) => ({
    async get(id) {
      const stored = await real.get(id)
      return stored && { ...stored, document: { ...stored.document, _id: id } }
    },
  })),
  'document.absent-is-undefined': broken((real) => ({
    get: async (id) => (await real.get(id)) ?? { id, revision: '', document: {} },
  })),
  'document.any-json-survives': broken((real) => ({
    put: (id, document, options) => real.put(id, withoutNulls(document) as JsonObject, options),
  })),
  'document.numbers-are-as-they-were-written': broken((real) => ({
    put: (id, document, options) => real.put(id, JSON.parse(JSON.stringify(document)) as JsonObject, options),
  })),
  'document.ids-are-exact-text': broken((real) => ({
    put: (id, document, options) => real.put(id.normalize(), document, options),
    get: (id) => real.get(id.normalize()),
  })),
  'document.creation-refuses-an-existing-id': broken((real) => ({
    put: async (id, document, options) => real.put(id, document, { ...(await currentRevision(real, id)), ...options }),
  })),
  'document.update-replaces-the-whole': broken((real) => ({
    async put(id, document, options) {
      const stored = await real.get(id)
      return real.put(id, { ...stored?.document, ...document }, options)
    },
  })),
  'document.update-refuses-an-old-revision': broken((real) => ({
    put: async (id, document, options) =>
      real.put(id, document, options?.revision === undefined ? options : await currentRevision(real, id)),
  })),
  'document.update-refuses-an-absent-id': broken((real) => ({
    put: async (id, document, options) => real.put(id, document, (await real.get(id)) ? options : {}),
  })),
  'document.revision-changes-on-every-write': broken((real) => ({
    async put(id, document, options) {
      const stored = await real.get(id)
      const same = stored && JSON.stringify(stored.document) === JSON.stringify(document)
      return same && stored.revision === options?.revision ? stored : real.put(id, document, options)
    },
  })),
  'document.deletion-removes': broken((real) => ({
    async delete(id, revision) {
      if ((await real.get(id))?.revision !== revision) throw new PlatformError('ERR_CONFLICT', 'another revision')
    },
  })),
  'document.deletion-refuses-an-old-revision': broken((real) => ({
    async delete(id) {
      const stored = await real.get(id)
      if (!stored) throw new PlatformError('ERR_CONFLICT', 'gone')
      await real.delete(id, stored.revision)
    },
  })),
  'document.deletion-refuses-an-absent-id': broken((real) => ({
    async delete(id, revision) {
      if (await real.get(id)) await real.delete(id, revision)
    },
  })),
  'document.made-again-refuses-its-old-revision': broken((real) => {
    const digest = ({ revision, document }: StoredDocument): string =>
      `${Number.parseInt(revision, 10)}-${JSON.stringify(document)}`
    const inner = async (id: string, revision: string): Promise<{ revision: string }> => {
      const stored = await real.get(id)
      return { revision: stored && digest(stored) === revision ? stored.revision : 'another' }
    }
    return {
      async get(id) {
        const stored = await real.get(id)
        return stored && { ...stored, revision: digest(stored) }
      },
      async put(id, document, options) {
        await real.put(id, document, options?.revision === undefined ? {} : await inner(id, options.revision))
        return { revision: digest((await real.get(id))!) }
      },
      delete: async (id, revision) => real.delete(id, (await inner(id, revision)).revision),
    }
  }),
  'document.one-of-many-creators-wins': broken(checksBeforeItWrites),
  'document.one-of-many-updaters-wins-each-revision': broken(checksBeforeItWrites),
  'document.given-object-stays-the-callers': broken((real) => {
    const given = new Map<string, JsonObject>()
    return {
      put(id, document, options) {
        given.set(id, document)
        return real.put(id, document, options)
      },
      async get(id) {
        const stored = await real.get(id)
        return stored && { ...stored, document: given.get(id)! }
      },
    }
  }),
  'document.returned-object-is-the-callers': broken((real) => {
    const returned = new Map<string, StoredDocument | undefined>()
    return {
      async get(id) {
        if (!returned.has(id)) returned.set(id, await real.get(id))
        return returned.get(id)
      },
    }
  }),
  'document.largest-is-stored': broken((real) => ({
    capabilities: SMALL,
    put(id, document, options) {
      if (Buffer.byteLength(JSON.stringify(document)) < SMALL.maxDocumentBytes) return real.put(id, document, options)
      throw new PlatformError('ERR_TOO_LARGE', 'too large')
    },
  })),
  'document.larger-is-refused': broken((real) => ({
    capabilities: SMALL,
    put(id, document, options) {
      if (JSON.stringify(document).length <= SMALL.maxDocumentBytes) return real.put(id, document, options)
      throw new PlatformError('ERR_TOO_LARGE', 'too large')
    },
  })),
  'scan.yields-every-document-in-order-of-id': broken((real) => ({
    async *scan(options) {
      const all: StoredDocument[] = []
      for await (const stored of real.scan(options)) all.push(stored)
      yield* all.sort((a, b) => a.id.localeCompare(b.id))
    },
  })),
  'scan.keeps-to-its-prefix': broken((real) => ({
    scan: ({ prefix = '', ...rest } = {}) => real.scan({ ...rest, prefix: prefix.replace(/\/$/, '') }),
  })),
  'scan.resumes-behind-an-id': broken((real) => ({
    async *scan(options = {}) {
      const { after, ...rest } = options
      for await (const stored of real.scan(rest)) if (after === undefined || stored.id >= after) yield stored
    },
  })),
  'lifecycle.closed-store-refuses': broken(() => ({ close: async () => undefined })),
  'lifecycle.open-and-close-may-be-repeated': broken((real) => {
    let open = false
    return {
      async open() {
        if (open) throw new Error('already open')
        open = true
        await real.open()
      },
    }
  }),
  'lifecycle.closed-store-opens-again': broken((real) => {
    let closed = false
    return {
      async open() {
        if (!closed) await real.open()
      },
      async close() {
        closed = true
        await real.close()
      },
    }
  }),
  'lifecycle.close-finishes-writes-that-run': broken((real) => ({
    async put(id, document, options) {
      await turn()
      return real.put(id, document, options)
    },
  })),
}

export const durableDocumentStoreDoubles: BrokenDoubles<DocumentStore> = {
  'durable.another-object-reads-what-was-put': broken(() => ({})),
}

async function currentRevision(store: DocumentStore, id: string): Promise<{ revision?: string }> {
  const stored = await store.get(id)
  return stored ? { revision: stored.revision } : {}
}

function checksBeforeItWrites(real: DocumentStore): Partial<DocumentStore> {
  return {
    async put(id, document, options) {
      const seen = await real.get(id)
      if (seen?.revision !== options?.revision) throw new PlatformError('ERR_CONFLICT', 'another revision')
      await turn()
      return real.put(id, document, await currentRevision(real, id))
    },
  }
}

function withoutNulls(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map(withoutNulls)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, item]) => item !== null)
      .map(([key, item]) => [key, withoutNulls(item)]),
  )
}
