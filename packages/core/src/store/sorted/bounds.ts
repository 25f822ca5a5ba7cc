import { MB } from '../../model/byte-size.ts'

/** How large documents and attachments may be in every store of ours. */
export const DOCUMENT_BOUNDS = { maxDocumentBytes: 8 * MB, maxAttachmentBytes: 50 * MB } as const
/** How large a record may be in every store of ours. */
export const ACTIVATION_BOUNDS = { maxRecordBytes: 16 * MB } as const
