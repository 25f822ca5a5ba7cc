import { makeFolder, PlatformError } from '@stemcell/core'
import { readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { z } from '@stemcell/core/schema'
import { isStillRunning, startTimeOf } from './process-identity.ts'

const LOCK_ATTEMPTS = 5

const holder = z.object({ pid: z.int().positive(), host: z.string(), startTime: z.string().optional() })

/** Folders that stores of this process have. */
const held = new Set<string>()

/**
 * Takes the folder for this process; one that a process left behind when it died is taken over.
 * @throws ERR_CONFIG another process, or another store of this one, has it, or it cannot be written to.
 */
export async function holdFolder(dir: string): Promise<void> {
  if (held.has(dir)) throw inUse(dir, 'another store of this process')
  held.add(dir)
  try {
    makeFolder(dir)
    await lock(dir)
  } catch (cause) {
    held.delete(dir)
    if (cause instanceof PlatformError) throw cause
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown reason'
    throw new PlatformError(
      'ERR_CONFIG',
      `@stemcell/spi-couchdb: spill.dir: ${dir} cannot be used (${code}): name another folder, or none (spill: false)`,
      {
        cause,
      },
    )
  }
}

/** Of several that begin at the same time one makes the file; the others find it. */
async function lock(dir: string): Promise<void> {
  const own = { pid: process.pid, host: hostname(), startTime: startTimeOf(process.pid) }
  for (let attempt = 1; ; attempt++) {
    const other = await otherHolder(dir)
    if (other !== undefined) throw inUse(dir, `process ${other}`)
    await rm(lockFile(dir), { force: true })
    try {
      return await writeFile(lockFile(dir), JSON.stringify(own), { flag: 'wx', mode: 0o600 })
    } catch (error) {
      if (attempt === LOCK_ATTEMPTS || !(error instanceof Error && 'code' in error && error.code === 'EEXIST'))
        throw error
    }
  }
}

export async function releaseFolder(dir: string): Promise<void> {
  held.delete(dir)
  await rm(lockFile(dir), { force: true })
}

/** Files of records in the folder, oldest first. */
export async function filesIn(dir: string): Promise<readonly string[]> {
  const names = (await readdir(dir)).filter((name) => /^records-\d+\.jsonl$/.test(name))
  return names.sort((a, b) => numberOf(a) - numberOf(b)).map((name) => join(dir, name))
}

export function fileAfter(dir: string, files: readonly string[]): string {
  const last = Math.max(0, ...files.map((path) => numberOf(path)))
  return join(dir, `records-${last + 1}.jsonl`)
}

function numberOf(path: string): number {
  return Number(/records-(\d+)\.jsonl$/.exec(path)?.[1] ?? 0)
}

/** A running process of this machine that has the folder. */
async function otherHolder(dir: string): Promise<number | undefined> {
  let text: string
  try {
    text = await readFile(lockFile(dir), 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
  const parsed = holder.safeParse(jsonOf(text))
  if (!parsed.success || parsed.data.host !== hostname() || parsed.data.pid === process.pid) return undefined
  return isStillRunning(parsed.data) ? parsed.data.pid : undefined
}

function lockFile(dir: string): string {
  return join(dir, 'stemcell.pid')
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // It died while it wrote: nobody has the folder.
    return undefined
  }
}

function inUse(dir: string, who: string): PlatformError {
  return new PlatformError(
    'ERR_CONFIG',
    `@stemcell/spi-couchdb: spill.dir: ${dir} is in use by ${who}; give each process a folder of its own, or none (spill: false)`,
  )
}
