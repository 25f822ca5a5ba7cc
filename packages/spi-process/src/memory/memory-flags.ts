import { fileURLToPath } from 'node:url'

/** The same file whether this module is in a folder of `src` or of `dist`. */
const FIRST_STEPS = fileURLToPath(new URL('../../dist/first-steps.cjs', import.meta.url))
/** What Node.js itself takes before the first line of an action, beside the heap. */
const BASE_MB = 24

/**
 * Flags that make the collector work before the process reaches its limit. Without them it would let garbage
 * pile up beyond, and processes would be killed that need far less.
 */
export function memoryFlags(memoryMb: number): string[] {
  const semiSpaceMb = Math.min(16, Math.max(1, Math.round(memoryMb / 32)))
  // The young generation has three semi-spaces.
  const oldSpaceMb = Math.max(16, Math.floor(memoryMb - BASE_MB - 3 * semiSpaceMb))
  return [`--max-semi-space-size=${semiSpaceMb}`, `--max-old-space-size=${oldSpaceMb}`, '--require', FIRST_STEPS]
}
