import { randomBytes, randomInt, randomUUID } from 'node:crypto'
import type { Random } from './random.ts'

/** Cryptographically strong randomness of the host. */
export class SystemRandom implements Random {
  bytes(count: number): Uint8Array {
    return randomBytes(count)
  }

  below(bound: number): number {
    return randomInt(bound)
  }

  uuid(): string {
    return randomUUID()
  }
}
