import { readFile, rm, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { z } from '@stemcell/core/schema'

const holder = z.object({ pid: z.int().positive(), host: z.string() })

/** Leaves word who holds the lock; called by the holder, after LevelDB gave it the lock. */
export async function recordLockHolder(dir: string): Promise<void> {
  await writeFile(fileOf(dir), JSON.stringify({ pid: process.pid, host: hostname() }), { mode: 0o600 })
}

/** Called by the holder before it lets go of the lock, so as not to remove the word of the next one. */
export async function forgetLockHolder(dir: string): Promise<void> {
  await rm(fileOf(dir), { force: true })
}

/**
 * Who holds the lock, for a message; undefined when that is not known. The file outlives a holder that was killed,
 * until the next one has written its own, so a process of this host that no longer runs is not named.
 */
export async function describeLockHolder(dir: string): Promise<string | undefined> {
  let text: string
  try {
    text = await readFile(fileOf(dir), 'utf8')
  } catch {
    return undefined
  }
  const parsed = holder.safeParse(parseJson(text))
  if (!parsed.success) return undefined
  const { pid, host } = parsed.data
  if (host !== hostname()) return `process ${pid} on host ${host}`
  if (pid === process.pid) return `this process (${pid}), through another copy of the package or another thread`
  return isRunning(pid) ? `process ${pid}` : undefined
}

function fileOf(dir: string): string {
  return join(dir, 'stemcell.pid')
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    // EPERM: it runs, as another user.
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}
