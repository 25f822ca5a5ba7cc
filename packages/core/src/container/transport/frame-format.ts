/** The protocol is docs/runtime-protocol.md; these are its numbers. */

/** What a client sends first, to the byte: whoever does not know it reads a harmless HTTP request. */
export const OPENING = 'GET / HTTP/1.1\r\nhost: localhost\r\nconnection: upgrade\r\nupgrade: stemcell-frames/1\r\n\r\n'

/** Of every frame, before its payload. */
export const HEADER_BYTES = 12
export const LARGEST_CALL = 0xffff_ffff

/** What a frame is about. */
export const FrameType = {
  init: 1,
  run: 2,
  cancel: 3,
  credit: 5,
  result: 16,
  chunk: 17,
  log: 18,
  fault: 19,
  logEnd: 20,
} as const

/** Types from here on may be skipped by who does not know them. */
export const FIRST_OPTIONAL = 128

/** What else a frame says; bits that may be set together. */
export const FrameFlag = {
  /** The body, or the line, goes on in a later frame of the same call. */
  more: 1,
  /** Of a result: nothing was printed, and no end of the log follows. */
  silent: 2,
  /** Of a result: the run took next to no time, and its result was sent before the next call began. */
  brief: 4,
} as const

/** Status of a result: the call was cancelled, or given up, before it began. */
export const NOT_BEGUN = 499

/** Longest payload of a log frame; a longer line comes in several. */
export const MAX_LOG_BYTES = 131_072

/** In UTF-8, of a unit of UTF-16. */
const MOST_BYTES_OF_A_UNIT = 3

/** What a peer sent that it must not; the connection is of no use any more. */
export class FrameError extends Error {
  override readonly name = 'FrameError'
}

/** The header and what follows it as text, in one buffer. */
export function textFrame(type: number, call: number, text: string): Buffer {
  const frame = Buffer.allocUnsafe(HEADER_BYTES + Buffer.byteLength(text))
  putTextFrame(frame, 0, type, call, text)
  return frame
}

/** Bytes that a frame of this text takes at most. */
export function largestTextFrame(text: string): number {
  return HEADER_BYTES + text.length * MOST_BYTES_OF_A_UNIT
}

/** Writes the frame into `bytes`, which must have room for it, from `at` on. Where it ends. */
export function putTextFrame(bytes: Buffer, at: number, type: number, call: number, text: string): number {
  const length = bytes.write(text, at + HEADER_BYTES)
  bytes.writeUInt32BE(length, at)
  bytes.writeUInt32BE(type << 24, at + 4)
  bytes.writeUInt32BE(call, at + 8)
  return at + HEADER_BYTES + length
}
