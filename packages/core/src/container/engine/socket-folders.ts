import { chmodSync, lstatSync, mkdirSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { PlatformError } from '../../errors.ts'
import { makeFolder } from '../../make-folder.ts'

/** Longest address of a unix socket that every system takes, and what comes behind the folder's name in it. */
const MAX_ADDRESS_BYTES = 103
const SOCKET = 's'
const NAME_BYTES = 24

/** A private folder, and in it one per container, which is mounted there and in which its runtime puts its socket. */
export class SocketFolders {
  readonly #adapter: string
  readonly #root: string

  /** `adapter` is the package that errors name. */
  constructor(adapter: string, root: string) {
    this.#adapter = adapter
    this.#root = resolve(root)
  }

  /** @throws ERR_CONFIG the folder cannot be made, others could reach into it, or its path is too long for a socket. */
  open(): void {
    try {
      if (Buffer.byteLength(this.#root) + NAME_BYTES + 3 > MAX_ADDRESS_BYTES) {
        throw new Error(`its path has more than ${MAX_ADDRESS_BYTES - NAME_BYTES - 3} bytes, too long for a socket`)
      }
      makeFolder(this.#root)
      const { uid, mode } = lstatSync(this.#root)
      if (uid !== process.getuid?.() || (mode & 0o077) !== 0) {
        throw new Error('it must belong to this user and have mode 700')
      }
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      const fix = 'set dir to a folder of your own'
      throw new PlatformError('ERR_CONFIG', `${this.#adapter}: dir is unusable (${reason}): ${fix}`, { cause: error })
    }
  }

  of(name: string): { readonly folder: string; readonly socketPath: string } {
    const folder = join(this.#root, name)
    return { folder, socketPath: socketIn(folder) }
  }

  /** Open to every user, since the container's is another than this one. */
  make(name: string): void {
    const { folder } = this.of(name)
    mkdirSync(folder)
    chmodSync(folder, 0o777)
  }

  /** The socket is there, and nothing else may be put beside it or in its place. To be called before any user code. */
  seal(name: string): void {
    chmodSync(this.of(name).folder, 0o755)
  }

  async remove(name: string): Promise<void> {
    await rm(this.of(name).folder, { recursive: true, force: true, maxRetries: 3 })
  }
}

/** Where the socket is in the folder, and where the folder is mounted. */
export function socketIn(folder: string): string {
  return `${folder}/${SOCKET}`
}
