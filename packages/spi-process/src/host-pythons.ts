import { accessSync, closeSync, constants, openSync, readdirSync, readSync, realpathSync } from 'node:fs'
import { basename, join } from 'node:path'
import type { ProcessContainersSettings } from './process-containers-options.ts'

/** A Python of this machine that can run actions. */
export interface HostPython {
  /** e.g. `3.11`; undefined where only running it would tell. */
  readonly version: string | undefined
  readonly program: string
}

const PREFIX = 'python3.'
const NAME = /^python(3\.(\d+))$/
/** The launcher of Python actions needs as much. */
const OLDEST_MINOR = 7

/**
 * The one that the settings name comes first, then those called `python3.<minor>` in the folders of `path`, oldest
 * first. Told by their names: nothing is run, which would slow the start of every server down.
 */
export function hostPythons({ python, path }: Pick<ProcessContainersSettings, 'python' | 'path'>): HostPython[] {
  const folders = path.split(':').filter((folder) => folder !== '')
  const named = (python.includes('/') ? [python] : folders.map((folder) => join(folder, python))).find(isProgram)
  const found = new Map<string, string>()
  if (named !== undefined) {
    const version = versionOf(basename(realpathSync(named)))
    if (version !== undefined) found.set(version, named)
  }
  for (const folder of folders) {
    for (const name of namesIn(folder)) {
      const version = versionOf(name)
      const program = join(folder, name)
      if (version !== undefined && !found.has(version) && isProgram(program) && !isScript(program)) {
        found.set(version, program)
      }
    }
  }
  const versions = [...found].map(([version, program]) => ({ version, program }))
  versions.sort((one, other) => Number(one.version.slice(2)) - Number(other.version.slice(2)))
  const first = versions.filter(({ program }) => program === named)
  const rest = versions.filter(({ program }) => program !== named)
  if (named !== undefined && first.length === 0) return [{ version: undefined, program: named }, ...rest]
  return [...first, ...rest]
}

function versionOf(name: string): string | undefined {
  const [, version, minor] = NAME.exec(name) ?? []
  return Number(minor) >= OLDEST_MINOR ? version : undefined
}

function namesIn(folder: string): string[] {
  try {
    // There may be thousands of others.
    return readdirSync(folder).filter((name) => name.startsWith(PREFIX))
  } catch {
    // A folder of PATH need not exist.
    return []
  }
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    // Not here, or not for this user.
    return false
  }
}

/** Such as those of version managers, which choose a Python when they run, and may have none of that name. */
function isScript(file: string): boolean {
  const start = Buffer.alloc(2)
  const fd = openSync(file, 'r')
  try {
    readSync(fd, start, 0, 2, 0)
  } finally {
    closeSync(fd)
  }
  return start.toString('latin1') === '#!'
}
