import { makeFolder, PlatformError } from '@stemcell/core'
import { accessSync, constants, existsSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** What is where in the data folder. */
export class DataFolder {
  /** Absolute. */
  readonly path: string
  /** The embedded database. */
  readonly store: string
  /** Sockets and working directories of process containers. */
  readonly run: string
  /** `UUID:KEY` of namespace guest. */
  readonly guestKey: string
  /** `NAME:PASSWORD` of the operator, for the console. */
  readonly operatorKey: string
  /** What `wsk` and the `openwhisk` npm client read. */
  readonly wskProperties: string
  /** Where a running server answers administrative commands. */
  readonly adminSocket: string

  constructor(path: string) {
    this.path = path
    this.store = join(path, 'store')
    this.run = join(path, 'run')
    this.guestKey = join(path, 'auth.guest')
    this.operatorKey = join(path, 'auth.operator')
    this.wskProperties = join(path, '.wskprops')
    this.adminSocket = join(path, 'admin.sock')
  }

  /** Where a process of this name leaves activation records that a store does not take yet. */
  spillOf(process: string): string {
    return join(this.path, 'spill', encodeURIComponent(process))
  }

  /** Makes it, for its owner only, where it is missing. @throws ERR_CONFIG it cannot be made or used. */
  prepare(): void {
    try {
      if (statSync(this.path, { throwIfNoEntry: false })?.isDirectory() === false) throw notAFolder(this.path)
      makeFolder(this.path)
      accessSync(this.path, constants.R_OK | constants.W_OK | constants.X_OK)
    } catch (cause) {
      throw unusable(this.path, cause)
    }
  }

  /** @throws ERR_CONFIG it is there and cannot be read. */
  readGuestKey(): string | undefined {
    return this.readSecret(this.guestKey)
  }

  /** Undefined when it is not there. @throws ERR_CONFIG it is there and cannot be read. */
  readSecret(path: string): string | undefined {
    try {
      return existsSync(path) ? readFileSync(path, 'utf8') : undefined
    } catch (cause) {
      throw unusable(path, cause)
    }
  }

  /** Writes a file that only its owner may read; readers see the old or the new one whole. @throws ERR_CONFIG it cannot be written. */
  writeSecret(path: string, content: string): void {
    const written = `${path}.new`
    try {
      rmSync(written, { force: true })
      writeFileSync(written, content, { mode: 0o600, flag: 'wx' })
      renameSync(written, path)
    } catch (cause) {
      throw unusable(path, cause)
    }
  }
}

function notAFolder(path: string): Error {
  return Object.assign(new Error(`${path} is no folder`), { code: 'ENOTDIR', path })
}

function unusable(path: string, cause: unknown): PlatformError {
  const { code = 'unknown reason', path: at = path } = cause instanceof Error ? (cause as NodeJS.ErrnoException) : {}
  const what = at === path ? code : `${code}, ${at}`
  const wrong = code === 'ENOTDIR' ? 'there is a file in its way: ' : 'make it accessible to this user, or '
  const fix = `${wrong}choose another folder with --data`
  return new PlatformError('ERR_CONFIG', `data folder: ${path} cannot be used (${what}): ${fix}`, { cause })
}
