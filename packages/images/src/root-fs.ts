import { existsSync, lstatSync, readdirSync, readlinkSync, realpathSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { PlatformError } from '@stemcell/core'
import { readElf } from './host/read-elf.ts'
import { locate, sharedLibrariesOf } from './host/shared-libraries.ts'

/** A file's content: in memory, or a file of this machine. */
export type Content = Buffer | { readonly file: string; readonly bytes: number }

export type RootFsEntry =
  | { readonly path: string; readonly type: 'folder'; readonly mode: number }
  | { readonly path: string; readonly type: 'file'; readonly mode: number; readonly content: Content }
  | { readonly path: string; readonly type: 'link'; readonly mode: number; readonly target: string }

/** The C library loads these by itself, to look up users and host names; since glibc 2.34 it has most of it built in. */
const LOADED_AT_RUN_TIME = ['libnss_files.so.2', 'libnss_dns.so.2', 'libresolv.so.2']

/**
 * The files of one layer of an image, gathered from this machine. Everything belongs to root; of the modes only
 * "executable" is taken over, so that the result does not depend on the umask of whoever installed the files.
 */
export class RootFs {
  readonly #entries = new Map<string, RootFsEntry>()

  /** Sorted, folders before what is in them. */
  get entries(): readonly RootFsEntry[] {
    return [...this.#entries.values()].sort((one, other) => (one.path < other.path ? -1 : 1))
  }

  addFolder(path: string, mode = 0o755): this {
    if (path === '/') return this
    this.#parentOf(path)
    this.#entries.set(path, { path, type: 'folder', mode })
    return this
  }

  addText(path: string, text: string, mode = 0o644): this {
    return this.#add({ path, type: 'file', mode, content: Buffer.from(text) })
  }

  addBytes(path: string, content: Buffer): this {
    return this.#add({ path, type: 'file', mode: 0o644, content })
  }

  addLink(path: string, target: string): this {
    return this.#add({ path, type: 'link', mode: 0o777, target })
  }

  /** A file of this machine; a link is followed. */
  addFile(path: string, file: string): this {
    const { size, mode } = statSync(file)
    return this.#add({ path, type: 'file', mode: mode & 0o111 ? 0o755 : 0o644, content: { file, bytes: size } })
  }

  /**
   * A folder of this machine with all that is in it and that `wanted`, given the path below `folder`, agrees to. A link
   * to a file somewhere else becomes that file, which the image would not have.
   */
  addTree(path: string, folder: string, wanted: (below: string) => boolean = () => true): this {
    this.#addTree(path, realpathSync(folder), '', wanted)
    return this
  }

  /**
   * A program of this machine with its loader and libraries; libraries go to where the C library is, because the
   * image has no list of other folders to look in.
   * @throws ERR_CONFIG it is no program for this machine, or a library is missing.
   */
  addProgram(path: string, program: string): this {
    const file = realpathSync(program)
    if (!readElf(file)) throw new PlatformError('ERR_CONFIG', `${program} is not a 64-bit program of this machine`)
    return this.addFile(path, file).addLibrariesOf([file])
  }

  /** What these programs and libraries need; for example the extension modules of an interpreter. */
  addLibrariesOf(files: readonly string[]): this {
    const { loader, libraries } = sharedLibrariesOf(files)
    const cLibrary = libraries.find((library) => /\/libc\.(so|musl)/.test(library))
    const home = cLibrary === undefined ? '/usr/lib' : dirname(realpathSync(cLibrary))
    if (loader !== undefined) this.addFile(loader, loader)
    for (const library of libraries) this.addFile(join(home, library.split('/').at(-1)!), library)
    const machine = cLibrary === undefined ? undefined : readElf(cLibrary)?.machine
    for (const name of cLibrary === undefined ? [] : LOADED_AT_RUN_TIME) {
      const library = locate(name, [home], machine)
      if (library !== undefined) this.addFile(join(home, name), library)
    }
    return this
  }

  /** All but what an image has already by a layer below this one. */
  without(lower: RootFs): RootFs {
    const rest = new RootFs()
    for (const [path, entry] of this.#entries) {
      const there = lower.#entries.get(path)
      if (!there || !isDeepStrictEqual(there, entry)) rest.#add(entry)
    }
    return rest
  }

  #addTree(path: string, folder: string, below: string, wanted: (below: string) => boolean): void {
    this.addFolder(path)
    for (const name of readdirSync(join(folder, below)).sort()) {
      const inside = below === '' ? name : `${below}/${name}`
      if (!wanted(inside)) continue
      const file = join(folder, inside)
      const place = join(path, name)
      const kind = lstatSync(file)
      if (kind.isDirectory()) this.#addTree(place, folder, inside, wanted)
      else if (kind.isSymbolicLink() && !leadsToFileOutside(file, folder)) this.addLink(place, readlinkSync(file))
      else if (kind.isSymbolicLink() || kind.isFile()) this.addFile(place, file)
    }
  }

  #add(entry: RootFsEntry): this {
    this.#parentOf(entry.path)
    this.#entries.set(entry.path, entry)
    return this
  }

  #parentOf(path: string): void {
    const parent = dirname(path)
    if (!this.#entries.has(parent)) this.addFolder(parent)
  }
}

function leadsToFileOutside(link: string, folder: string): boolean {
  return existsSync(link) && statSync(link).isFile() && !realpathSync(link).startsWith(`${folder}/`)
}
