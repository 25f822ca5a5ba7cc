import type { LogLine } from '../activation-log.ts'

const HEADER_BYTES = 8
const STDERR = 2

/**
 * Takes apart what an engine sends of a container without a terminal: frames of a byte for the stream, three of
 * padding, four for the length (big-endian), and the bytes themselves.
 * @see https://docs.docker.com/reference/api/engine/version/v1.43/#tag/Container/operation/ContainerAttach
 */
export class MultiplexedOutput {
  readonly #onBytes: (stream: LogLine['stream'], chunk: Buffer) => void
  readonly #header = Buffer.alloc(HEADER_BYTES)
  #headerBytes = 0
  #stream: LogLine['stream'] = 'stdout'
  #left = 0

  /** `onBytes` gets parts of the chunks that are written. */
  constructor(onBytes: (stream: LogLine['stream'], chunk: Buffer) => void) {
    this.#onBytes = onBytes
  }

  write(chunk: Buffer): void {
    for (let at = 0; at < chunk.length;) {
      if (this.#left > 0) {
        const end = Math.min(chunk.length, at + this.#left)
        this.#onBytes(this.#stream, chunk.subarray(at, end))
        this.#left -= end - at
        at = end
        continue
      }
      const copied = chunk.copy(this.#header, this.#headerBytes, at, at + HEADER_BYTES - this.#headerBytes)
      this.#headerBytes += copied
      at += copied
      if (this.#headerBytes < HEADER_BYTES) return
      this.#headerBytes = 0
      this.#stream = this.#header[0] === STDERR ? 'stderr' : 'stdout'
      this.#left = this.#header.readUInt32BE(4)
    }
  }
}
