import type { LogLine } from '@stemcell/core'

const HEADER_BYTES = 8

/**
 * Takes apart what the engine sends of a container without a terminal: frames of an 8-byte header (stream, three zero
 * bytes, length as a big-endian number) and text.
 * Source: https://docs.docker.com/reference/api/engine/version/v1.41/#tag/Container/operation/ContainerAttach
 */
export class OutputFrames {
  readonly #onOutput: (stream: LogLine['stream'], chunk: Buffer) => void
  #header = Buffer.alloc(0)
  #stream: LogLine['stream'] = 'stdout'
  #left = 0

  constructor(onOutput: (stream: LogLine['stream'], chunk: Buffer) => void) {
    this.#onOutput = onOutput
  }

  /** `chunk` is not kept. */
  write(chunk: Buffer): void {
    for (let at = 0; at < chunk.length;) {
      if (this.#left === 0) {
        const missing = chunk.subarray(at, at + HEADER_BYTES - this.#header.length)
        this.#header = Buffer.concat([this.#header, missing])
        at += missing.length
        if (this.#header.length < HEADER_BYTES) return
        this.#stream = this.#header[0] === 2 ? 'stderr' : 'stdout'
        this.#left = this.#header.readUInt32BE(4)
        this.#header = Buffer.alloc(0)
        continue
      }
      const text = chunk.subarray(at, at + this.#left)
      this.#onOutput(this.#stream, text)
      this.#left -= text.length
      at += text.length
    }
  }
}
