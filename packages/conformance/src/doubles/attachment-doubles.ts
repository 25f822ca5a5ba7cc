import { PlatformError, type DocumentStore } from '@stemcell/core'
import { brokenDocuments as broken } from './broken-store.ts'
import type { BrokenDoubles } from '../kit/bite-suite.ts'

const SMALL = { durable: false, maxDocumentBytes: 1000, maxAttachmentBytes: 1000 }

export const attachmentDoubles: BrokenDoubles<DocumentStore> = {
  'attachment.is-returned-byte-for-byte': broken((real) => ({
    async readAttachment(id, name) {
      const bytes = await real.readAttachment(id, name)
      return bytes && Buffer.from(Buffer.from(bytes).toString('utf8'))
    },
  })),
  'attachment.absent-is-undefined': broken((real) => ({
    readAttachment: async (id, name) => (await real.readAttachment(id, name)) ?? new Uint8Array(),
  })),
  'attachment.goes-unless-kept': broken((real) => ({
    put: (id, document, options) => real.put(id, document, { ...options, keepAttachments: ['code'] }),
  })),
  'attachment.stays-when-kept': broken((real) => ({
    put: (id, document, options) => real.put(id, document, { ...options, keepAttachments: [] }),
  })),
  'attachment.is-replaced-under-its-name': broken((real) => ({
    async put(id, document, options = {}) {
      const kept = (await real.readAttachment(id, 'code')) ? { attachments: {}, keepAttachments: ['code'] } : {}
      return real.put(id, document, { ...options, ...kept })
    },
  })),
  'attachment.goes-with-its-document': broken((real) => besides(real, 'behind')),
  'attachment.refused-write-changes-nothing': broken((real) => besides(real, 'before')),
  'attachment.is-listed-with-type-and-length': broken((real) => ({
    attachments: async (id) => (await real.attachments(id)).map((info) => ({ ...info, contentType: 'text/plain' })),
  })),
  'attachment.bytes-are-isolated': broken((real) => besides(real, 'before')),
  'attachment.largest-is-stored': broken((real) => ({
    capabilities: SMALL,
    put(id, document, options) {
      const tooLarge = Object.values(options?.attachments ?? {}).some(({ bytes }) => bytes.length >= 1000)
      if (tooLarge) throw new PlatformError('ERR_TOO_LARGE', 'too large')
      return real.put(id, document, options)
    },
  })),
  'attachment.larger-is-refused': broken((real) => ({
    capabilities: SMALL,
    async put(id, document, options) {
      const result = await real.put(id, document, options)
      const tooLarge = Object.values(options?.attachments ?? {}).some(({ bytes }) => bytes.length > 1000)
      if (tooLarge) throw new PlatformError('ERR_TOO_LARGE', 'too large')
      return result
    },
  })),
}

/** Keeps what callers hand in beside the documents, and looks there before or behind what is stored with them. */
function besides(real: DocumentStore, order: 'before' | 'behind'): Partial<DocumentStore> {
  const kept = new Map<string, Uint8Array>()
  return {
    put(id, document, options) {
      for (const [name, { bytes }] of Object.entries(options?.attachments ?? {})) kept.set(`${id} ${name}`, bytes)
      return real.put(id, document, options)
    },
    async readAttachment(id, name) {
      const [stored, beside] = [await real.readAttachment(id, name), kept.get(`${id} ${name}`)]
      return order === 'before' ? (beside ?? stored) : (stored ?? beside)
    },
  }
}
