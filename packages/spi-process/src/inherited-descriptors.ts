import { closeSync, existsSync, openSync, readdirSync, readFileSync } from 'node:fs'
import { isGone } from './process-table.ts'

const OWN = '/proc/self/fdinfo'
const CLOSE_ON_EXEC = 0o2000000
/** Standard input, output and error are always given. */
const GIVEN = 3

/**
 * Calls `start` with what a child gets as descriptors from 3 on, so that it gets none of this process: libraries open
 * files without close-on-exec, databases among them, and a shell cannot close what it was not told of. In their places
 * is the null device.
 */
export function withoutInherited<T>(start: (stdio: readonly ('ignore' | number)[]) => T): T {
  const inherited = inheritedDescriptors()
  if (inherited.length === 0) return start([])
  const nothing = openSync('/dev/null', 'r')
  try {
    const stdio = Array.from({ length: Math.max(...inherited) + 1 }, (_, fd) =>
      inherited.includes(fd) ? nothing : 'ignore',
    )
    return start(stdio.slice(GIVEN))
  } finally {
    closeSync(nothing)
  }
}

/** Those of this process, from 3 on, that a child would have as well. Where there is no `/proc`, Node.js leaves it none. */
function inheritedDescriptors(): number[] {
  if (!existsSync(OWN)) return []
  return readdirSync(OWN)
    .map(Number)
    .filter((fd) => fd >= GIVEN && outlivesExec(fd))
}

function outlivesExec(fd: number): boolean {
  try {
    const flags = /^flags:\s+([0-7]+)$/m.exec(readFileSync(`${OWN}/${fd}`, 'latin1'))?.[1]
    return flags !== undefined && (parseInt(flags, 8) & CLOSE_ON_EXEC) === 0
  } catch (error) {
    // The one that the folder was read with.
    if (isGone(error)) return false
    throw error
  }
}
