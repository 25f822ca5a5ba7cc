import type { MessageBody } from './queue.ts'

/** A body that is nothing but bytes: what an adapter delivers after a message crossed a process boundary. */
export function bytesBody(bytes: Uint8Array): MessageBody {
  return { bytes: () => bytes }
}

const encoder = new TextEncoder()

/**
 * A body that carries a typed message and turns it into JSON only if somebody asks for the bytes.
 * `type` tells the reader that `message` is what its codec makes, so that it can take it as it is.
 */
export class ReferenceBody<T> implements MessageBody {
  readonly type: symbol
  readonly message: T
  readonly #encode: (message: T) => string
  #bytes: Uint8Array | undefined

  constructor(type: symbol, message: T, encode: (message: T) => string) {
    this.type = type
    this.message = message
    this.#encode = encode
  }

  bytes(): Uint8Array {
    this.#bytes ??= encoder.encode(this.#encode(this.message))
    return this.#bytes
  }
}

/** The typed message inside `body` when it came by reference and is of `type`; undefined when it must be parsed. */
export function referenced<T>(body: MessageBody, type: symbol): T | undefined {
  return body instanceof ReferenceBody && body.type === type ? (body.message as T) : undefined
}
