import { writeSync } from 'node:fs'
import { Writable } from 'node:stream'

const clock = new Int32Array(new SharedArrayBuffer(4))
// Taken before any code of an action can replace it.
const write = writeSync

/**
 * Writes all bytes before returning, so what an action printed is out before its answer, and survives `process.exit`.
 * A slow reader slows the action down; nothing is buffered here.
 */
export function writeFully(fd: number, bytes: Uint8Array): void {
  let done = 0
  while (done < bytes.length) {
    try {
      done += write(fd, bytes, done)
    } catch (error) {
      // Any other failure means that the reader has gone: there is nobody left to tell.
      if (!isFull(error)) return
      Atomics.wait(clock, 0, 0, 1)
    }
  }
}

function isFull(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EAGAIN'
}

type Done = (error?: Error | null) => void
type Sink = (fd: 1 | 2, bytes: Uint8Array) => void

/** Stands in for `process.stdout` and `process.stderr`: each write reaches the sink before `write` returns. */
class StdioStream extends Writable {
  readonly fd: 1 | 2
  readonly #sink: Sink

  constructor(fd: 1 | 2, sink: Sink) {
    super({ autoDestroy: false })
    this.fd = fd
    this.#sink = sink
  }

  // Not `_write`: a corked stream would hand over bytes later, when another activation may be the current one.
  override write(chunk: unknown, encoding?: BufferEncoding | Done, done?: Done): boolean {
    this.#sink(this.fd, toBytes(chunk, typeof encoding === 'string' ? encoding : 'utf8'))
    const callback = typeof encoding === 'function' ? encoding : done
    if (callback) process.nextTick(callback, null)
    return true
  }

  // Like Node's own, these two tell a pipeline that they have finished and stay open.
  override end(chunk?: unknown, encoding?: BufferEncoding | Done, done?: Done): this {
    const callback = [chunk, encoding, done].find((argument) => typeof argument === 'function') as Done | undefined
    if (chunk !== undefined && chunk !== null && typeof chunk !== 'function') {
      this.write(chunk, typeof encoding === 'string' ? encoding : undefined)
    }
    process.nextTick(() => {
      callback?.(null)
      this.emit('finish')
    })
    return this
  }

  override destroy(): this {
    return this
  }
}

function toBytes(chunk: unknown, encoding: BufferEncoding): Uint8Array {
  if (typeof chunk === 'string') return Buffer.from(chunk, encoding)
  if (ArrayBuffer.isView(chunk)) return new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength)
  throw new TypeError('The "chunk" argument must be of type string or an instance of Buffer, TypedArray or DataView.')
}

/** From here on everything printed through `console` or `process.stdout`/`stderr` goes to `sink`. */
export function replaceStdio(sink: Sink): void {
  for (const [name, fd] of [
    ['stdout', 1],
    ['stderr', 2],
  ] as const) {
    const stream = new StdioStream(fd, sink)
    Object.defineProperty(process, name, { configurable: true, enumerable: true, get: () => stream })
  }
}
