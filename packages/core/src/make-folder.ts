import { mkdirSync, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'

/**
 * Makes a folder, and those above it that are missing, for their owner only. Node's own recursive `mkdir` asks for ever
 * where none can be made, as in `/proc`, and says ENOENT of a parent that is read-only; this throws what the system
 * said, with the `path` it said it of.
 */
export function makeFolder(path: string): void {
  const missing: string[] = []
  let at = resolve(path)
  // The root is always there.
  for (; !statSync(at, { throwIfNoEntry: false }); at = dirname(at)) missing.push(at)
  for (const folder of missing.reverse()) {
    try {
      mkdirSync(folder, { mode: 0o700 })
    } catch (error) {
      // Somebody else was faster; a link that leads nowhere is there too, and no folder.
      if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) throw error
    }
  }
}
