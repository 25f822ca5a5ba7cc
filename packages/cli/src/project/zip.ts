import { zipSync, type Zippable } from 'fflate'
import { readdirSync, readFileSync, realpathSync, statSync } from 'node:fs'
import { join } from 'node:path'

/** The first moment that an archive can name. The same everywhere: fflate writes local time. */
const NO_TIME = new Date(1980, 0, 1)
const UNIX = 3
const LEFT_OUT = new Set(['.git', '.DS_Store', '__pycache__', '.stemcell', '.cache', '.venv'])

/** A file of an archive. */
export interface Entry {
  readonly content: Uint8Array
  readonly executable: boolean
}

/** Paths with slashes, to what is there. */
export type Entries = Map<string, Entry>

/** All files of a folder; links are followed, what only tools leave behind is left out. */
export function entriesOf(folder: string): Entries {
  const entries: Entries = new Map()
  const visit = (path: string, prefix: string, above: readonly string[]): void => {
    const real = realpathSync(path)
    if (above.includes(real)) return
    for (const name of readdirSync(path).toSorted()) {
      if (LEFT_OUT.has(name) || name.endsWith('.pyc')) continue
      const full = join(path, name)
      const found = statSync(full, { throwIfNoEntry: false })
      if (found?.isDirectory()) visit(full, `${prefix}${name}/`, [...above, real])
      else if (found?.isFile()) {
        entries.set(`${prefix}${name}`, { content: readFileSync(full), executable: (found.mode & 0o111) !== 0 })
      }
    }
  }
  visit(folder, '', [])
  return entries
}

export function textEntry(text: string, executable = false): Entry {
  return { content: new TextEncoder().encode(text), executable }
}

/** The same bytes for the same files, wherever and whenever. Base64. */
export function zipOf(entries: Entries): string {
  const files: Zippable = {}
  for (const [path, { content, executable }] of [...entries].toSorted(([a], [b]) => (a < b ? -1 : 1))) {
    files[path] = [content, { mtime: NO_TIME, os: UNIX, attrs: (0o100000 | (executable ? 0o755 : 0o644)) << 16 }]
  }
  return Buffer.from(zipSync(files, { level: 6 })).toString('base64')
}
