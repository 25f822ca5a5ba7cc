import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isPlatformError, type AdapterContext, type Logger } from '@stemcell/core'
import { ApiForwarder, Semaphore, ImageSource, SocketFolders } from '@stemcell/core/container-engine'
import { ContainerRemoval } from './container/container-removal.ts'
import { connect } from './engine/connect.ts'
import type { EngineTraits } from './engine/engine-traits.ts'
import { LibpodClient } from './engine/libpod-client.ts'
import { PodmanEngine } from './engine/podman-engine.ts'
import { Networks } from './network/networks.ts'
import type { PodmanContainersSettings } from './podman-containers-options.ts'

/** Everything that lives from a factory's `open` to its `close`. */
export class EngineSession {
  readonly engine: PodmanEngine
  readonly images: ImageSource
  readonly networks: Networks
  readonly folders: SocketFolders
  readonly forwarder = new ApiForwarder()
  /** Containers that are being made. */
  readonly starts: Semaphore
  /** Names of containers of this session, also of those that are being made. */
  readonly names = new Set<string>()
  readonly #client: LibpodClient
  readonly #removal: ContainerRemoval
  readonly #logger: Logger
  readonly #closed = new AbortController()
  readonly #givenUp = new AbortController()

  private constructor(
    client: LibpodClient,
    traits: EngineTraits,
    folders: SocketFolders,
    settings: PodmanContainersSettings,
    { clock, logger }: AdapterContext,
  ) {
    this.#client = client
    this.#logger = logger
    this.folders = folders
    this.engine = new PodmanEngine(client, settings.pullTimeoutMs)
    this.images = new ImageSource(this.engine, settings, clock, logger)
    this.networks = new Networks(client, traits, settings)
    this.starts = new Semaphore(settings.parallelCreates)
    this.#removal = new ContainerRemoval(this.engine, clock, logger)
  }

  /** @throws ERR_CONFIG, ERR_UNAVAILABLE */
  static async open(settings: PodmanContainersSettings, context: AdapterContext): Promise<EngineSession> {
    const uid = process.getuid?.() ?? 0
    const { dir = join(tmpdir(), `stemcell-podman-${uid}`), connectTimeoutMs, engineTimeoutMs } = settings
    const socketPath =
      settings.socketPath ?? (uid === 0 ? '/run/podman/podman.sock' : `/run/user/${uid}/podman/podman.sock`)
    const folders = new SocketFolders('@stemcell/spi-podman', dir)
    folders.open()
    const client = new LibpodClient(socketPath, engineTimeoutMs, context.clock)
    try {
      const traits = await connect(client, { socketPath, timeoutMs: connectTimeoutMs, ...context })
      return new EngineSession(client, traits, folders, settings, context)
    } catch (error) {
      await client.close()
      throw error
    }
  }

  /** Aborts when the factory closes. */
  get closed(): AbortSignal {
    return this.#closed.signal
  }

  /** Removes a container and its folder; resolves with whether there was no difficulty. Never rejects. */
  async remove(name: string): Promise<boolean> {
    const removed = await this.#removal.remove(name, this.#givenUp.signal)
    await this.folders.remove(name)
    this.names.delete(name)
    return removed
  }

  abortStarts(): void {
    this.#closed.abort(new Error('the container factory closes'))
  }

  /** Waits no longer for an engine that does not answer. */
  giveUp(): void {
    this.#givenUp.abort()
  }

  async close(): Promise<void> {
    this.forwarder.close()
    try {
      await this.networks.close()
    } catch (err) {
      if (!isPlatformError(err)) throw err
      this.#logger.warn({ err }, 'container networks not removed: the engine does not answer')
    }
    await this.#client.close()
  }
}
