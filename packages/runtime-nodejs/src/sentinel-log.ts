import type { ActivationLog } from './activation-log.ts'
import { writeFully } from './stdio.ts'

const SENTINEL = 'XXX_THE_END_OF_A_WHISK_ACTIVATION_XXX\n'
const NEWLINE = 10

/** OpenWhisk's convention: plain output, and one sentinel line on both streams after each activation. */
export function sentinelLog(): ActivationLog {
  const marker = Buffer.from(SENTINEL)
  const completing = Buffer.from(`\n${SENTINEL}`)
  const open = { 1: false, 2: false }

  return {
    write(fd, bytes) {
      if (bytes.length === 0) return
      writeFully(fd, bytes)
      open[fd] = bytes[bytes.length - 1] !== NEWLINE
    },
    complete() {},
    // Readers drop a line that contains the sentinel, and would drop an unfinished line in front of it too.
    end() {
      for (const fd of [1, 2] as const) {
        writeFully(fd, open[fd] ? completing : marker)
        open[fd] = false
      }
      return false
    },
  }
}
