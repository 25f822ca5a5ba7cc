import { MB } from '../../model/byte-size.ts'

export const DOCUMENT_BOUNDS = { maxDocumentBytes: 8 * MB, maxAttachmentBytes: 50 * MB } as const
export const ACTIVATION_BOUNDS = { maxRecordBytes: 16 * MB } as const
