import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { PlatformError } from '@stemcell/core'

export interface InstalledPackage {
  /** Where it belongs below a `node_modules` folder's parent, e.g. `node_modules/needle`. */
  readonly place: string
  /** Its folder on this machine. */
  readonly folder: string
}

/**
 * Installed npm packages and everything they depend on. A second version of a package goes below the one that needs
 * it, as npm does.
 * @throws ERR_CONFIG a package is not installed.
 */
export function npmClosure(names: readonly string[], from: string): InstalledPackage[] {
  const found = new Map<string, string>()
  const add = (wanted: string, lookFrom: string, parent: string): void => {
    const folder = folderOf(wanted, lookFrom)
    if (folder === undefined) {
      throw new PlatformError('ERR_CONFIG', `the npm package ${wanted} is not installed: run npm install`)
    }
    const top = `node_modules/${wanted}`
    const place = (found.get(top) ?? folder) === folder ? top : `${parent}/node_modules/${wanted}`
    if (found.get(place) === folder) return
    found.set(place, folder)
    for (const dependency of dependenciesOf(folder)) add(dependency, folder, place)
  }
  for (const name of names) add(name, from, '')
  return [...found].map(([place, folder]) => ({ place, folder }))
}

function dependenciesOf(folder: string): string[] {
  const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as {
    readonly dependencies?: Readonly<Record<string, string>>
  }
  return Object.keys(manifest.dependencies ?? {}).sort()
}

function folderOf(name: string, from: string): string | undefined {
  for (let folder = from; ; folder = dirname(folder)) {
    const candidate = join(folder, 'node_modules', name)
    if (existsSync(join(candidate, 'package.json'))) return candidate
    if (folder === dirname(folder)) return undefined
  }
}
