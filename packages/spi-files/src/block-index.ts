import { createHash } from 'node:crypto'

/** An activation's id, where its lines begin in the file, and how many bytes they are. */
export const ENTRY_BYTES = 24
const ID_BYTES = 16
const HEX_ID = /^[0-9a-f]{32}$/

/** Where the lines of an activation are in a file. */
export interface Extent {
  readonly offset: number
  readonly length: number
}

export function encodeEntry(activationId: string, { offset, length }: Extent): Buffer {
  const entry = Buffer.alloc(ENTRY_BYTES)
  keyOf(activationId).copy(entry)
  entry.writeUInt32BE(offset, ID_BYTES)
  entry.writeUInt32BE(length, ID_BYTES + 4)
  return entry
}

/** Undefined when the index does not know the activation. */
export function findEntry(index: Buffer, activationId: string): Extent | undefined {
  const key = keyOf(activationId)
  for (let at = index.indexOf(key); at >= 0; at = index.indexOf(key, at + 1)) {
    if (at % ENTRY_BYTES === 0 && at + ENTRY_BYTES <= index.length) return extentAt(index, at)
  }
  return undefined
}

/**
 * How much of a file its index tells of; what comes after was written by a process that died, or came too late. Nothing
 * is known by an index that is torn, or tells of more than there is.
 */
export function indexedBytes(index: Buffer, logBytes: number): number {
  if (index.length === 0 || index.length % ENTRY_BYTES !== 0) return 0
  const { offset, length } = extentAt(index, index.length - ENTRY_BYTES)
  return offset + length <= logBytes ? offset + length : 0
}

function extentAt(index: Buffer, at: number): Extent {
  return { offset: index.readUInt32BE(at + ID_BYTES), length: index.readUInt32BE(at + ID_BYTES + 4) }
}

function keyOf(activationId: string): Buffer {
  if (HEX_ID.test(activationId)) return Buffer.from(activationId, 'hex')
  return createHash('sha256').update(activationId).digest().subarray(0, ID_BYTES)
}
