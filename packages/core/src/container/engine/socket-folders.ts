import { chmodSync, lstatSync, mkdirSync, readdirSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { PlatformError } from '../../errors.ts'

/** Longest address of a unix socket that every system takes, and what comes behind the folder's name in it. */
const MAX_ADDRESS_BYTES = 103
const SOCKET = 's'
const NAME_BYTES = 24

/** A private folder, and in it one per container, which is mounted there and in which its runtime puts its socket. */
export class SocketFolders {
  readonly #root: string

  constructor(root: string) {
    this.#root = resolve(root)
  }

  /** @throws ERR_CONFIG the folder cannot be made, others could reach into it, or its path is too long for a socket. */
  open(): void {
    try {
      if (Buffer.byteLength(this.#root) + NAME_BYTES + 3 > MAX_ADDRESS_BYTES) {
        throw new Error(`its path has more than ${MAX_ADDRESS_BYTES - NAME_BYTES - 3} bytes, too long for a socket`)
      }
      mkdirSync(this.#root, { recursive: true, mode: 0o700 })
      const { uid, mode } = lstatSync(this.#root)
      if (uid !== process.getuid?.() || (mode & 0o077) !== 0) {
        throw new Error('it must belong to this user and have mode 700')
      }
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      const fix = 'set dir to a folder of your own'
      throw new PlatformError('ERR_CONFIG', `dir is unusable (${reason}): ${fix}`, { cause: error })
    }
  }

  /** Makes the folder of a container; its user has an id that is not known here. */
  prepare(name: string): { readonly folder: string; readonly socketPath: string } {
    const folder = this.folderOf(name)
    mkdirSync(folder)
    chmodSync(folder, 0o777)
    return { folder, socketPath: join(folder, SOCKET) }
  }

  /** The runtime listens: an action must not fill the host's disk by way of this folder. */
  seal(name: string): void {
    chmodSync(this.folderOf(name), 0o711)
  }

  async remove(name: string): Promise<void> {
    await rm(this.folderOf(name), { recursive: true, force: true, maxRetries: 3 })
  }

  folderOf(name: string): string {
    return join(this.#root, name)
  }

  names(): string[] {
    return readdirSync(this.#root)
  }
}

/** Path of the socket where the folder is mounted. */
export function socketIn(mountPoint: string): string {
  return `${mountPoint}/${SOCKET}`
}
