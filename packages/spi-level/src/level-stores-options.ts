import { PlatformError } from '@stemcell/core'
import { resolve } from 'node:path'
import { ONCE, z } from '@stemcell/core/schema'

const MB = 1024 ** 2

export const levelStoresOptions = z.strictObject({
  /** The folder of the database; made when it is missing. Relative to the working directory. */
  dir: z.string().min(1),
  /** Wait for the disk when entities and subjects are written, so that they survive a loss of power. */
  sync: z.boolean().default(true),
  /** Bytes of uncompressed blocks kept in memory. */
  cacheBytes: z
    .int()
    .min(0)
    .default(32 * MB),
  /** Bytes of recent writes kept in memory before they are sorted into a file; twice that may be in use. */
  writeBufferBytes: z
    .int()
    .min(64 * 1024)
    .default(16 * MB),
})

export type LevelStoresOptions = z.input<typeof levelStoresOptions>

/** Options after defaults, with an absolute `dir`. */
export type LevelSettings = Readonly<z.output<typeof levelStoresOptions>>

/** @throws ERR_CONFIG names each option that is wrong and its rule, never its value. */
export function parseLevelOptions(options: unknown): LevelSettings {
  const parsed = levelStoresOptions.safeParse(options, ONCE)
  if (!parsed.success) {
    const problems = parsed.error.issues.map(({ path, message }) => `${path.join('.') || 'options'}: ${message}`)
    throw new PlatformError('ERR_CONFIG', `@stemcell/spi-level: ${problems.join('; ')}`)
  }
  return { ...parsed.data, dir: resolve(parsed.data.dir) }
}
