import { linkSync, mkdirSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import type { ArchiveEntry } from './archive-entry.ts'

/**
 * Writes entries below `root`, which must be new and empty. A path that leads out of `root` fails the whole archive.
 * Symbolic links come last, so no file is ever written through one.
 */
export function unpackEntries(entries: Iterable<ArchiveEntry>, root: string): void {
  const links: { readonly at: string; readonly name: string; readonly target: string }[] = []
  for (const entry of entries) {
    const at = inside(root, entry.name)
    if (entry.kind === 'directory') {
      mkdirSync(at, { recursive: true })
      continue
    }
    if (at === root) throw new Error(`'${entry.name}' is not a file name.`)
    mkdirSync(path.dirname(at), { recursive: true })
    if (entry.kind === 'symlink') {
      links.push({ at, name: entry.name, target: entry.target })
      continue
    }
    rmSync(at, { force: true })
    if (entry.kind === 'hardlink') linkSync(inside(root, entry.target), at)
    else writeFileSync(at, entry.data, { mode: entry.mode | 0o600 })
  }

  for (const { at, name, target } of links) {
    if (path.isAbsolute(target)) throw new Error(`'${name}' links out of the archive.`)
    inside(root, path.join(path.relative(root, path.dirname(at)), target))
    rmSync(at, { force: true })
    symlinkSync(target, at)
  }
  // Each link may be harmless by its text and still lead outside through another one.
  const realRoot = realpathSync(root)
  for (const { at, name } of links) {
    const real = resolveLink(at, name)
    if (real !== realRoot && !real.startsWith(realRoot + path.sep))
      throw new Error(`'${name}' links out of the archive.`)
  }
}

function inside(root: string, name: string): string {
  const parts = name.split('/')
  if (name === '' || name.includes('\0') || name.startsWith('/')) throw new Error(`'${name}' is not a relative path.`)
  const at = path.join(root, ...parts)
  if (at !== root && !at.startsWith(root + path.sep)) throw new Error(`'${name}' leads out of the archive.`)
  return at.endsWith(path.sep) ? at.slice(0, -1) : at
}

function resolveLink(at: string, name: string): string {
  try {
    // The kernel's answer: the one Node computes itself shortens `link/..` before following the link.
    return realpathSync.native(at)
  } catch (cause) {
    throw new Error(`'${name}' links to nothing in the archive.`, { cause })
  }
}
