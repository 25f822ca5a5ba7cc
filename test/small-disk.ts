import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, statfsSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface SmallDisk {
  readonly dir: string
  /** E.g. `64m`. */
  resize(size: string): void
  remove(): void
}

/** A file system of its own, of `size`; undefined, with a word why, where none can be mounted. */
export function smallDisk(size: string): SmallDisk | undefined {
  const base = mkdtempSync(join(tmpdir(), 'stemcell-disk-'))
  const dir = join(base, 'disk')
  mkdirSync(dir)
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', dir], { stdio: 'pipe' })
  } catch (error) {
    rmSync(base, { recursive: true })
    process.stderr.write(`tests on a full disk are skipped: no file system can be mounted here: ${String(error)}\n`)
    return undefined
  }
  return {
    dir,
    resize: (to) => void execFileSync('mount', ['-o', `remount,size=${to}`, dir], { stdio: 'pipe' }),
    remove() {
      execFileSync('umount', [dir], { stdio: 'pipe' })
      rmSync(base, { recursive: true })
    },
  }
}

/** Leaves `bytes` free. @returns what gives the rest back. */
export function fillDisk(dir: string, bytes = 0): () => void {
  const path = join(dir, 'filling')
  const { bavail, bsize } = statfsSync(dir)
  writeFileSync(path, Buffer.alloc(Math.max(0, bavail * bsize - bytes)))
  return () => rmSync(path)
}
