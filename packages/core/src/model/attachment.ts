/** Bytes that are kept beside a document. */
export interface Attachment {
  readonly contentType: string
  readonly bytes: Uint8Array
}
