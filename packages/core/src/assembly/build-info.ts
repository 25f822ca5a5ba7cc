import { readFileSync, statSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import * as z from '../zod/index.ts'
import { ONCE } from '../zod/once.ts'
import { CORE_VERSION } from './core-version.ts'

export interface BuildInfo {
  /** ISO 8601, in UTC. */
  readonly date: string
  readonly number: string
}

const noted = z.object({ date: z.iso.datetime(), number: z.string().min(1) })

/** What the build noted beside the compiled code; without a note, when this very file was written. */
export function buildInfo(
  note: URL = new URL('../build.json', import.meta.url),
  self: string = import.meta.url,
): BuildInfo {
  if (!self.startsWith('file:')) return { date: 'unknown', number: CORE_VERSION }
  return readNote(note) ?? { date: isoSeconds(statSync(fileURLToPath(self)).mtime), number: CORE_VERSION }
}

function readNote(note: URL): BuildInfo | undefined {
  if (!statSync(note, { throwIfNoEntry: false })) return undefined
  try {
    return noted.parse(JSON.parse(readFileSync(note, 'utf8')), ONCE)
  } catch {
    // Beside a bundle, a file of that name is somebody else's.
    return undefined
  }
}

function isoSeconds(date: Date): string {
  return date.toISOString().replace(/\.\d+Z$/, 'Z')
}
