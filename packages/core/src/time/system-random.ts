import { randomBytes, randomInt, randomUUID } from 'node:crypto'
import type { Random } from './random.ts'

/** Drawn at once: a draw costs microseconds however small it is, and every request makes some. */
const POOL_BYTES = 4096

/** Cryptographically strong randomness of the host. */
export class SystemRandom implements Random {
  #pool = Buffer.alloc(0)

  bytes(count: number): Uint8Array {
    if (count > POOL_BYTES / 4) return randomBytes(count)
    if (count > this.#pool.length) this.#pool = randomBytes(POOL_BYTES)
    const bytes = this.#pool.subarray(0, count)
    this.#pool = this.#pool.subarray(count)
    return bytes
  }

  below(bound: number): number {
    return randomInt(bound)
  }

  uuid(): string {
    return randomUUID()
  }
}
