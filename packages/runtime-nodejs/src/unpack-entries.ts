import { linkSync, lstatSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import type { ArchiveEntry } from './archive-entry.ts'

/**
 * Writes entries below `root`, which must be new and empty; of several at one path the last counts. A path that leads
 * out of `root` fails the whole archive, and so does a hard link to something outside.
 *
 * Symbolic links are made as they are, wherever they lead: an archive of a folder carries links that only mean
 * something on the machine it comes from. They come last and only into folders that this function made, so nothing is
 * ever written through one.
 */
export function unpackEntries(entries: Iterable<ArchiveEntry>, root: string): void {
  const links = new Map<string, string>()
  for (const entry of entries) {
    const at = inside(root, entry.name)
    const copied = entry.kind === 'hardlink' ? links.get(inside(root, entry.target)) : undefined
    links.delete(at)
    if (entry.kind === 'directory') {
      makeFolder(at, entry.name)
      continue
    }
    if (at === root) throw new Error(`'${entry.name}' is not a file name.`)
    makeFolder(path.dirname(at), entry.name)
    makeRoom(at, entry.name)
    if (entry.kind === 'symlink') links.set(at, entry.target)
    else if (entry.kind === 'file') writeFileSync(at, entry.data, { mode: entry.mode | 0o600 })
    else if (copied !== undefined) links.set(at, copied)
    else linkSync(existing(inside(root, entry.target), entry.name), at)
  }
  for (const [at, target] of links) {
    const name = path.relative(root, at)
    if (target === '' || target.includes('\0')) throw new Error(`'${name}' links to no possible name.`)
    makeRoom(at, name)
    symlinkSync(target, at)
  }
}

function inside(root: string, name: string): string {
  const parts = name.split('/')
  if (name === '' || name.includes('\0') || name.startsWith('/')) throw new Error(`'${name}' is not a relative path.`)
  const at = path.join(root, ...parts)
  if (at !== root && !at.startsWith(root + path.sep)) throw new Error(`'${name}' leads out of the archive.`)
  return at.endsWith(path.sep) ? at.slice(0, -1) : at
}

function makeFolder(at: string, name: string): void {
  try {
    mkdirSync(at, { recursive: true })
  } catch (error) {
    if (!isCode(error, 'EEXIST') && !isCode(error, 'ENOTDIR')) throw error
    throw new Error(`'${name}' needs a folder where the archive has a file.`, { cause: error })
  }
}

function makeRoom(at: string, name: string): void {
  const there = lstatSync(at, { throwIfNoEntry: false })
  if (there?.isDirectory()) throw new Error(`'${name}' is a file or link where the archive has a folder.`)
  if (there) rmSync(at)
}

function existing(target: string, name: string): string {
  if (lstatSync(target, { throwIfNoEntry: false })?.isFile()) return target
  throw new Error(`'${name}' is a hard link to nothing in the archive.`)
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code
}
