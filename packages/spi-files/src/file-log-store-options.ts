import { parseOptions } from '@stemcell/core'
import { resolve } from 'node:path'
import { z } from '@stemcell/core/schema'

const MB = 1024 ** 2
/** Positions in a file are written with four bytes. */
const LONGEST_FILE = 2 ** 32 - 1

export const fileLogStoreOptions = z.strictObject({
  /** The folder of the files; made when it is missing. Relative to the working directory. */
  dir: z.string().min(1),
  /** A file that has so many bytes is followed by a new one. Longer logs of one activation are not torn. */
  maxFileBytes: z
    .int()
    .min(1024)
    .max(LONGEST_FILE)
    .default(16 * MB),
  /** Files that are kept; the oldest go. */
  maxFiles: z.int().min(2).default(64),
  /** Whether the lines stand in the activation records, too. Without, they are read from the files. */
  inRecords: z.boolean().default(true),
})

export type FileLogStoreOptions = z.input<typeof fileLogStoreOptions>

/** Options after defaults, with an absolute `dir`. */
export type FileSettings = Readonly<z.output<typeof fileLogStoreOptions>>

/** @throws ERR_CONFIG names each option that is wrong and its rule, never its value. */
export function parseFileOptions(options: unknown): FileSettings {
  const settings = parseOptions('@stemcell/spi-files', fileLogStoreOptions, options)
  return { ...settings, dir: resolve(settings.dir) }
}
