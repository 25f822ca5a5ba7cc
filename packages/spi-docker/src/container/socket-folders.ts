import { chmodSync, lstatSync, rmdirSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { makeFolder, PlatformError } from '@stemcell/core'
import type { Maker } from '../engine/container-labels.ts'

/** Longest path of a unix socket is 107 bytes; `/<factory>/<key>/s` takes 24 of them. */
const MAX_DIR_BYTES = 83

/**
 * A folder per container, mounted into it, in which its runtime opens a socket. The folder above is closed to other
 * users of this machine.
 */
export class SocketFolders {
  readonly #dir: string

  constructor(dir: string | undefined) {
    this.#dir = dir ?? join(tmpdir(), `stemcell-docker-${process.getuid?.() ?? 0}`)
  }

  /** @throws ERR_CONFIG the folder cannot be made, is too deep, or others could get into it. */
  open(): void {
    try {
      if (Buffer.byteLength(this.#dir) > MAX_DIR_BYTES) throw new Error(`longer than ${MAX_DIR_BYTES} bytes`)
      makeFolder(this.#dir)
      const { uid, mode } = lstatSync(this.#dir)
      if (uid !== process.getuid?.() || (mode & 0o077) !== 0)
        throw new Error('it must be this user’s and have mode 700')
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause)
      const fix = 'set dir to a folder of your own'
      throw new PlatformError('ERR_CONFIG', `@stemcell/spi-docker: dir is unusable (${reason}): ${fix}`, { cause })
    }
  }

  pathOf({ factory, key }: Maker): string {
    return join(this.#dir, factory, key)
  }

  /** Open to every user, since the container's is another than this one. */
  make(maker: Maker): string {
    const folder = this.pathOf(maker)
    makeFolder(folder)
    chmodSync(folder, 0o777)
    return folder
  }

  /** The socket is there, and nothing else may be put beside it or in its place. To be called before any user code. */
  seal(maker: Maker): void {
    chmodSync(this.pathOf(maker), 0o755)
  }

  async remove(maker: Maker): Promise<void> {
    await rm(this.pathOf(maker), { recursive: true, force: true, maxRetries: 3 })
  }

  /** Removes what is left of a factory without containers. */
  removeFactory(factory: string): void {
    try {
      rmdirSync(join(this.#dir, factory))
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? error.code : undefined
      if (code !== 'ENOENT' && code !== 'ENOTEMPTY') throw error
    }
  }
}
