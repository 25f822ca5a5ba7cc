import { existsSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

/**
 * npm packages that every action finds without bringing them: the client that actions call back with, and what
 * compositions made by `openwhisk-composer` need besides it. An action's own version comes before these.
 */
export const PREINSTALLED: readonly string[] = ['openwhisk', 'redis', 'redis-commands', 'uuid']

/** Where they are on this machine, by name. A name is missing where the package is not installed. */
export function preinstalledPackages(): Readonly<Record<string, string>> {
  const found: Record<string, string> = {}
  for (const name of PREINSTALLED) {
    const folder = folderOf(name, fileURLToPath(new URL('..', import.meta.url)))
    if (folder !== undefined) found[name] = folder
  }
  return found
}

function folderOf(name: string, from: string): string | undefined {
  for (let folder = path.resolve(from); ; folder = path.dirname(folder)) {
    const candidate = path.join(folder, 'node_modules', name)
    if (existsSync(path.join(candidate, 'package.json'))) return candidate
    if (folder === path.dirname(folder)) return undefined
  }
}
