import { writeSync } from 'node:fs'
import { Socket, type SocketConstructorOpts } from 'node:net'

/** What a connection is read into, piece after piece. Pages of it that nothing ever arrived in take no memory. */
const READ_BYTES = 65_536

// Taken before any code of an action can replace it.
const write = writeSync
const Connection = Socket

/** A connection without the streams of Node.js: they cost a young process more than all else that a call does. */
export interface FrameWire {
  /** Sends all of it, in order; `bytes` may be used again at once. */
  send(bytes: Buffer): void
  /** True when nothing waits to be sent. Otherwise calls back once that is so, or the connection is gone. */
  sent(then: () => void): boolean
  /** Sends nothing more. */
  end(): void
}

export interface FrameWireEvents {
  /** `bytes` up to `size` arrived; they are gone after the call. */
  readonly received: (bytes: Buffer, size: number) => void
  /** Once: the connection is gone. */
  readonly gone: () => void
}

/** What stands below a socket, as far as it is used here. It is nobody's promise, so it is looked at first. */
interface Handle {
  readonly fd: number
  readonly useUserBuffer: unknown
}

/**
 * Takes over an accepted connection. What comes is read into one buffer, without an allocation for each read, and what
 * goes is written at once. A Node.js that hides what it takes is used as any other program would.
 */
export function frameWire(accepted: Socket, events: FrameWireEvents): FrameWire {
  const handle = Reflect.get(accepted, '_handle') as Partial<Handle> | null
  if (handle === null || typeof handle.useUserBuffer !== 'function' || !((handle.fd ?? -1) >= 0)) {
    return new StreamWire(accepted, events)
  }
  return new DirectWire(accepted, handle as Handle, events)
}

class DirectWire implements FrameWire {
  readonly #socket: Socket
  readonly #fd: number
  /** Earlier bytes are still on their way through the stream, and must stay in front. */
  #behind = false

  constructor(accepted: Socket, handle: Handle, { received, gone }: FrameWireEvents) {
    this.#fd = handle.fd
    Reflect.set(accepted, '_handle', null)
    const onread = {
      buffer: Buffer.allocUnsafeSlow(READ_BYTES),
      callback: (size: number, bytes: Uint8Array): boolean => {
        received(bytes as Buffer, size)
        return true
      },
    }
    const socket = new Connection({ handle, onread } as SocketConstructorOpts)
    this.#socket = socket
    socket.on('error', () => undefined)
    socket.once('close', () => {
      // For the server that counts it.
      accepted.destroy()
      gone()
    })
  }

  send(bytes: Buffer): void {
    let done = 0
    // A descriptor that was given back may be a file of the action by now.
    if (!this.#behind && !this.#socket.destroyed) {
      try {
        done = write(this.#fd, bytes)
      } catch {
        // Full, or broken: the stream finds out, and waits or ends.
      }
      if (done === bytes.length) return
    }
    this.#behind = true
    this.#socket.write(Buffer.from(bytes.subarray(done)), () => {
      this.#behind = this.#socket.writableLength > 0
    })
  }

  sent(then: () => void): boolean {
    return !this.#behind || whenWritten(this.#socket, then)
  }

  end(): void {
    this.#socket.end()
  }
}

class StreamWire implements FrameWire {
  readonly #socket: Socket

  constructor(socket: Socket, { received, gone }: FrameWireEvents) {
    this.#socket = socket
    socket.on('data', (chunk: Buffer) => received(chunk, chunk.length))
    socket.once('end', () => socket.destroy())
    socket.once('close', gone)
  }

  send(bytes: Buffer): void {
    this.#socket.write(Buffer.from(bytes))
  }

  sent(then: () => void): boolean {
    return whenWritten(this.#socket, then)
  }

  end(): void {
    this.#socket.end()
  }
}

function whenWritten(socket: Socket, then: () => void): boolean {
  if (socket.destroyed || socket.writableLength === 0) return true
  // Behind all that waits, in the order of a stream; also called when the connection breaks.
  socket.write('', then)
  return false
}
