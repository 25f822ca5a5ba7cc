import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import type { Init } from './init.ts'
import { StartError } from './start-error.ts'

/** Writes the code below `folder`: an archive unpacked, anything else as the file `name`. */
export async function placeCode({ code, binary }: Init, folder: string, name: string, saveJar?: string): Promise<void> {
  mkdirSync(folder, { recursive: true })
  const bytes = Buffer.from(code, binary ? 'base64' : 'utf8')
  if (binary && bytes.length === 0) throw new StartError('There was an error reading the action archive.')
  if (!binary || !isArchive(bytes)) return writeFileSync(path.join(folder, name), bytes, { mode: 0o755 })
  if (saveJar !== undefined && bytes.includes('META-INF/MANIFEST.MF')) {
    return writeFileSync(path.join(folder, path.basename(saveJar)), bytes)
  }
  const { unpackArchive } = await import('@stemcell/runtime-nodejs/archive')
  try {
    unpackArchive(code, folder)
  } catch (error) {
    throw new StartError(error instanceof Error ? error.message : String(error), { cause: error })
  }
}

function isArchive(bytes: Buffer): boolean {
  const magic = bytes.toString('hex', 0, 4)
  return /^504b0(304|506|708)$/.test(magic) || magic.startsWith('1f8b08')
}
