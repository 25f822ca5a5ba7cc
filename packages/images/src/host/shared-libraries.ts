import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { PlatformError } from '@stemcell/core'
import { readElf } from './read-elf.ts'

const USUAL_FOLDERS = ['/lib64', '/usr/lib64', '/lib', '/usr/lib']

/** What a program needs to be loaded, as paths on this machine. */
export interface SharedLibraries {
  readonly loader: string | undefined
  /** Sorted. */
  readonly libraries: readonly string[]
}

/**
 * Follows the needs of the given programs and libraries to the end, as the loader would: first the file's own run
 * path, then the folders of `/etc/ld.so.conf`, then the usual ones.
 * @throws ERR_CONFIG a library is nowhere to be found.
 */
export function sharedLibrariesOf(files: readonly string[]): SharedLibraries {
  const found = new Map<string, string>()
  let loader: string | undefined
  const waiting = [...files]
  for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
    const elf = readElf(file)
    loader ??= elf?.interpreter
    for (const name of elf?.needed ?? []) {
      if (found.has(name) || name === loader?.split('/').at(-1)) continue
      const own = elf!.runPath.map((folder) => folder.replace(/\$ORIGIN|\$\{ORIGIN\}/g, dirname(file)))
      const path = locate(name, own, elf!.machine)
      if (path === undefined) {
        throw new PlatformError('ERR_CONFIG', `${file} needs ${name}, which this machine does not have`)
      }
      found.set(name, path)
      waiting.push(path)
    }
  }
  return { loader, libraries: [...found.values()].sort() }
}

/** The library of that name; undefined when there is none for this machine. */
export function locate(name: string, folders: readonly string[], machine: string | undefined): string | undefined {
  for (const folder of [...folders, ...configuredFolders('/etc/ld.so.conf'), ...USUAL_FOLDERS]) {
    const path = join(folder, name)
    if (existsSync(path) && (machine === undefined || readElf(path)?.machine === machine)) return path
  }
  return undefined
}

/** Folders of a configuration file of the loader; see ldconfig(8). */
function configuredFolders(file: string): string[] {
  if (!existsSync(file)) return []
  return readFileSync(file, 'utf8')
    .split('\n')
    .map((line) => line.replace(/#.*/, '').trim())
    .flatMap((line) => {
      const include = /^include\s+(.*)$/.exec(line)?.[1]
      if (include === undefined) return line.startsWith('/') ? [line] : []
      const folder = dirname(include)
      if (!existsSync(folder)) return []
      return readdirSync(folder)
        .filter((name) => name.endsWith('.conf'))
        .sort()
        .flatMap((name) => configuredFolders(join(folder, name)))
    })
}
