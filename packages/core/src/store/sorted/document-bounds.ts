import { PlatformError } from '../../errors.ts'
import type { Attachment } from '../../model/attachment.ts'
import type { DocumentStoreCapabilities } from '../document-store.ts'

/** @throws ERR_TOO_LARGE the document, as JSON, or an attachment is above the bounds. */
export function requireSizes(
  text: string,
  attachments: Readonly<Record<string, Attachment>>,
  { maxDocumentBytes, maxAttachmentBytes }: DocumentStoreCapabilities,
): void {
  if (Buffer.byteLength(text) > maxDocumentBytes) {
    throw new PlatformError('ERR_TOO_LARGE', `document is larger than ${maxDocumentBytes} bytes`)
  }
  for (const [name, { bytes }] of Object.entries(attachments)) {
    if (bytes.byteLength > maxAttachmentBytes) {
      throw new PlatformError('ERR_TOO_LARGE', `attachment '${name}' is larger than ${maxAttachmentBytes} bytes`)
    }
  }
}

/** The error of a write that named another revision than the current one. */
export function conflict(id: string): PlatformError {
  return new PlatformError('ERR_CONFLICT', `'${id}' has another revision`)
}
