import { open, readdir, rm, stat, statfs } from 'node:fs/promises'
import { join } from 'node:path'
import { codeOf } from './to-platform-error.ts'

/** LevelDB leaves files alone whose names it does not know. */
const PROBE = 'stemcell.probe'
const PROBE_BYTES = 64 * 1024
/** For what LevelDB writes beside the table it makes of its log. */
const MARGIN_BYTES = 256 * 1024

/**
 * Whether LevelDB would find the room that it needs to open the database: it makes tables of its logs then.
 * @throws the system's error, or that there is too little.
 */
export async function requireRoom(dir: string): Promise<void> {
  const { bavail, bsize } = await statfs(dir)
  const free = bavail * bsize
  const needed = (await logBytes(dir)) + MARGIN_BYTES
  if (free < needed) throw new Error(`${free} bytes are free, ${needed} are needed`)
  const path = join(dir, PROBE)
  try {
    const file = await open(path, 'w', 0o600)
    try {
      await file.writeFile(Buffer.alloc(PROBE_BYTES))
      await file.sync()
    } finally {
      await file.close()
    }
  } finally {
    await rm(path, { force: true })
  }
}

async function logBytes(dir: string): Promise<number> {
  let sum = 0
  for (const file of await readdir(dir)) if (file.endsWith('.log')) sum += await sizeOf(join(dir, file))
  return sum
}

/** LevelDB may have removed it meanwhile. */
async function sizeOf(path: string): Promise<number> {
  try {
    return (await stat(path)).size
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return 0
    throw error
  }
}
