import { Duplex } from 'node:stream'

/** Two connected streams: what is written to one is read from the other. (Node 20.19 has none of its own.) */
export function duplexPair(): [Duplex, Duplex] {
  const left = new End()
  const right = new End()
  left.peer = right
  right.peer = left
  return [left, right]
}

class End extends Duplex {
  peer: End | undefined
  #resume: (() => void) | undefined

  override _read(): void {
    const resume = this.#resume
    this.#resume = undefined
    resume?.()
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    const { peer } = this
    if (!peer || peer.destroyed) done()
    else if (chunk.length === 0) process.nextTick(done)
    else {
      peer.#resume = done
      peer.push(chunk)
    }
  }

  override _final(done: () => void): void {
    this.peer?.push(null)
    done()
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#resume = undefined
    if (this.peer && !this.peer.destroyed) this.peer.push(null)
    done(error)
  }
}
