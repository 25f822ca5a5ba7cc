import { randomBytes, randomInt, randomUUID } from 'node:crypto'
import type { Random } from './random.ts'

/** Drawn at once: a draw costs microseconds however small it is, and every request makes some. */
const POOL_BYTES = 4096
const ID_BYTES = 16

/** Cryptographically strong randomness of the host. */
export class SystemRandom implements Random {
  #pool = Buffer.alloc(0)
  /** Bytes of the pool that were given out. */
  #used = 0

  bytes(count: number): Uint8Array {
    if (count > POOL_BYTES / 4) return randomBytes(count)
    const from = this.#draw(count)
    return this.#pool.subarray(from, from + count)
  }

  below(bound: number): number {
    return randomInt(bound)
  }

  uuid(): string {
    return randomUUID()
  }

  hexId(): string {
    const from = this.#draw(ID_BYTES)
    const pool = this.#pool
    // Version and variant, as RFC 9562 has them.
    pool[from + 6] = (pool[from + 6]! & 0x0f) | 0x40
    pool[from + 8] = (pool[from + 8]! & 0x3f) | 0x80
    return pool.toString('hex', from, from + ID_BYTES)
  }

  /** Where so many bytes of the pool begin that nobody has had. */
  #draw(count: number): number {
    if (this.#used + count > this.#pool.length) {
      this.#pool = randomBytes(POOL_BYTES)
      this.#used = 0
    }
    const from = this.#used
    this.#used += count
    return from
  }
}
