import assert from 'node:assert/strict'
import type { Attachment, AttachmentInfo, DocumentStore } from '@stemcell/core'
import type { ConformanceCase } from '../kit/conformance-case.ts'
import { refuses } from './store-subject.ts'

/** What every document store promises of attachments. */
export const attachmentCases: readonly ConformanceCase<DocumentStore>[] = [
  {
    id: 'attachment.is-returned-byte-for-byte',
    async run(store, { uniqueName: id }) {
      const everyByte = Uint8Array.from({ length: 70_000 }, (_, index) => index % 256)
      await store.put(id, {}, { attachments: { code: binary(everyByte), 'empty-one': binary(new Uint8Array()) } })
      await holds(store, id, 'code', everyByte)
      await holds(store, id, 'empty-one', new Uint8Array())
    },
  },
  {
    id: 'attachment.absent-is-undefined',
    async run(store, { uniqueName: id }) {
      assert.equal(await store.readAttachment(id, 'code'), undefined)
      await store.put(id, {}, { attachments: { code: text('a') } })
      assert.equal(await store.readAttachment(id, 'cod'), undefined)
      assert.equal(await store.readAttachment(`${id}/code`, 'code'), undefined)
    },
  },
  {
    id: 'attachment.goes-unless-kept',
    async run(store, { uniqueName: id }) {
      const { revision } = await store.put(id, {}, { attachments: { code: text('a') } })
      await store.put(id, {}, { revision })
      assert.equal(await store.readAttachment(id, 'code'), undefined)
    },
  },
  {
    id: 'attachment.stays-when-kept',
    async run(store, { uniqueName: id }) {
      const first = await store.put(id, {}, { attachments: { a: text('a'), b: text('b') } })
      const keepAttachments = ['a', 'never-existed']
      const { revision } = await store.put(id, {}, { revision: first.revision, keepAttachments })
      await holds(store, id, 'a', Buffer.from('a'))
      assert.equal(await store.readAttachment(id, 'b'), undefined)
      await store.put(id, {}, { revision, keepAttachments: ['a'], attachments: { c: text('c') } })
      await holds(store, id, 'a', Buffer.from('a'))
      await holds(store, id, 'c', Buffer.from('c'))
    },
  },
  {
    id: 'attachment.is-replaced-under-its-name',
    async run(store, { uniqueName: id }) {
      const { revision } = await store.put(id, {}, { attachments: { code: text('old and longer') } })
      await store.put(id, {}, { revision, attachments: { code: text('new') } })
      await holds(store, id, 'code', Buffer.from('new'))
    },
  },
  {
    id: 'attachment.goes-with-its-document',
    async run(store, { uniqueName: id }) {
      const { revision } = await store.put(id, {}, { attachments: { code: text('a') } })
      await store.delete(id, revision)
      assert.equal(await store.readAttachment(id, 'code'), undefined)
      await store.put(id, {}, { keepAttachments: ['code'] })
      assert.equal(await store.readAttachment(id, 'code'), undefined)
    },
  },
  {
    id: 'attachment.refused-write-changes-nothing',
    async run(store, { uniqueName: id }) {
      const { revision } = await store.put(id, { count: 1 }, { attachments: { code: text('a') } })
      await refuses('ERR_CONFLICT', () =>
        store.put(id, { count: 2 }, { attachments: { code: text('b'), more: text('c') } }),
      )
      await holds(store, id, 'code', Buffer.from('a'))
      assert.equal(await store.readAttachment(id, 'more'), undefined)
      assert.deepEqual(await store.get(id), { id, revision, document: { count: 1 } })
    },
  },
  {
    id: 'attachment.is-listed-with-type-and-length',
    async run(store, { uniqueName: id }) {
      assert.deepEqual(await store.attachments(id), [])
      const { revision } = await store.put(
        id,
        {},
        { attachments: { code: text('abc'), more: binary(new Uint8Array(7)) } },
      )
      const more = { name: 'more', contentType: 'application/octet-stream', bytes: 7 }
      assert.deepEqual(await listed(store, id), [{ name: 'code', contentType: 'text/plain', bytes: 3 }, more])
      const updated = await store.put(id, {}, { revision, keepAttachments: ['more'] })
      assert.deepEqual(await listed(store, id), [more])
      await store.delete(id, updated.revision)
      assert.deepEqual(await store.attachments(id), [])
    },
  },
  {
    id: 'attachment.bytes-are-isolated',
    async run(store, { uniqueName: id }) {
      const given = Buffer.from('abc')
      await store.put(id, {}, { attachments: { code: binary(given) } })
      given[0] = 0
      const returned = await store.readAttachment(id, 'code')
      returned!.fill(0)
      await holds(store, id, 'code', Buffer.from('abc'))
    },
  },
  {
    id: 'attachment.largest-is-stored',
    async run(store, { uniqueName: id }) {
      const bytes = new Uint8Array(store.capabilities.maxAttachmentBytes).fill(7)
      await store.put(id, {}, { attachments: { code: binary(bytes) } })
      await holds(store, id, 'code', bytes)
    },
  },
  {
    id: 'attachment.larger-is-refused',
    async run(store, { uniqueName: id }) {
      const { revision } = await store.put(id, { count: 1 }, { attachments: { code: text('a') } })
      const attachments = { code: text('b'), large: binary(new Uint8Array(store.capabilities.maxAttachmentBytes + 1)) }
      await refuses('ERR_TOO_LARGE', () => store.put(id, { count: 2 }, { revision, attachments }))
      assert.deepEqual((await store.get(id))?.document, { count: 1 })
      await holds(store, id, 'code', Buffer.from('a'))
    },
  },
]

function text(content: string): Attachment {
  return { contentType: 'text/plain', bytes: Buffer.from(content) }
}

function binary(bytes: Uint8Array): Attachment {
  return { contentType: 'application/octet-stream', bytes }
}

async function listed(store: DocumentStore, id: string): Promise<readonly AttachmentInfo[]> {
  return (await store.attachments(id)).toSorted((a, b) => (a.name < b.name ? -1 : 1))
}

async function holds(store: DocumentStore, id: string, name: string, expected: Uint8Array): Promise<void> {
  const bytes = await store.readAttachment(id, name)
  assert.ok(bytes, `attachment '${name}' is missing`)
  assert.ok(Buffer.from(bytes).equals(expected), `attachment '${name}' holds other bytes`)
}
