import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  isPlatformError,
  randomText,
  type AdapterContext,
  type Container,
  type ContainerOwner,
  type ContainerSpec,
  type ContainerSummary,
} from '@stemcell/core'
import {
  ApiForwarder,
  ControlGroup,
  ImageSource,
  orAborted,
  ownerLabels,
  Semaphore,
  SocketFolders,
  specLabels,
  type EngineSession,
  type FactoryClosing,
  type StartContainer,
} from '@stemcell/core/container-engine'
import { ContainerRemoval } from './container/container-removal.ts'
import { ContainerStarter } from './container/container-starter.ts'
import { connect } from './engine/connect.ts'
import type { EngineTraits } from './engine/engine-traits.ts'
import { LibpodClient } from './engine/libpod-client.ts'
import { PodmanEngine, type ContainerListing } from './engine/podman-engine.ts'
import { Networks } from './network/networks.ts'
import type { PodmanContainersSettings } from './podman-containers-options.ts'

/** A factory's Podman from its `open` to its `close`. */
export class PodmanSession implements EngineSession<ContainerListing> {
  readonly #client: LibpodClient
  readonly #context: AdapterContext
  readonly #closing: FactoryClosing
  readonly #engine: PodmanEngine
  readonly #images: ImageSource
  readonly #networks: Networks
  readonly #folders: SocketFolders
  readonly #forwarder = new ApiForwarder()
  readonly #starts: Semaphore
  readonly #starter: ContainerStarter
  readonly #removal: ContainerRemoval

  private constructor(
    client: LibpodClient,
    traits: EngineTraits,
    folders: SocketFolders,
    settings: PodmanContainersSettings,
    context: AdapterContext,
    closing: FactoryClosing,
  ) {
    const { clock, logger } = context
    this.#client = client
    this.#context = context
    this.#closing = closing
    this.#folders = folders
    this.#engine = new PodmanEngine(client, settings.pullTimeoutMs)
    this.#images = new ImageSource(this.#engine, settings, clock, logger)
    this.#networks = new Networks(client, traits, settings)
    this.#starts = new Semaphore(settings.parallelCreates)
    this.#starter = new ContainerStarter({
      engine: this.#engine,
      networks: this.#networks,
      folders,
      forwarder: this.#forwarder,
      settings,
      context,
    })
    this.#removal = new ContainerRemoval(this.#engine, clock, logger)
  }

  /** @throws ERR_CONFIG, ERR_UNAVAILABLE */
  static async open(
    settings: PodmanContainersSettings,
    context: AdapterContext,
    closing: FactoryClosing,
  ): Promise<PodmanSession> {
    const uid = process.getuid?.() ?? 0
    const { dir = join(tmpdir(), `stemcell-podman-${uid}`), connectTimeoutMs, engineTimeoutMs } = settings
    const socketPath =
      settings.socketPath ?? (uid === 0 ? '/run/podman/podman.sock' : `/run/user/${uid}/podman/podman.sock`)
    const folders = new SocketFolders('@stemcell/spi-podman', dir)
    folders.open()
    const client = new LibpodClient(socketPath, engineTimeoutMs, context.clock)
    try {
      const traits = await connect(client, { socketPath, timeoutMs: connectTimeoutMs, stop: closing.begun, ...context })
      return new PodmanSession(client, traits, folders, settings, context, closing)
    } catch (error) {
      await client.close()
      throw error
    }
  }

  async create(spec: ContainerSpec, stop: AbortSignal, start: StartContainer): Promise<Container> {
    const image = await orAborted(this.#images.find(spec.image, spec.userImage), stop)
    const name = `stemcell-${randomText(this.#context.random, 12).toLowerCase()}`
    return this.#starts.run(
      () => start(name, (remove) => this.#starter.start({ spec, image, name, stop, remove })),
      stop,
    )
  }

  list(owner: ContainerOwner): Promise<readonly ContainerListing[]> {
    return this.#engine.list(ownerLabels(owner))
  }

  summaryOf(listing: ContainerListing): ContainerSummary {
    return { id: listing.id, state: stateOf(listing), labels: specLabels(listing.labels) }
  }

  async remove(name: string): Promise<void> {
    await this.#remove(name)
  }

  async reap(left: readonly ContainerListing[]): Promise<number> {
    const removed = await Promise.all(left.map(({ name }) => this.#remove(name)))
    return removed.filter(Boolean).length
  }

  async close(): Promise<void> {
    this.#forwarder.close()
    try {
      await this.#networks.close()
    } catch (err) {
      if (!isPlatformError(err)) throw err
      this.#context.logger.warn({ err }, 'container networks not removed: the engine does not answer')
    }
    await this.#client.close()
  }

  /** Removes a container and its folder; resolves with whether there was no difficulty. */
  async #remove(name: string): Promise<boolean> {
    const removed = await this.#removal.remove(name, this.#closing.overdue)
    await this.#folders.remove(name)
    return removed
  }
}

function stateOf({ status, pid, id }: ContainerListing): ContainerSummary['state'] {
  if (status === 'paused') return 'suspended'
  if (status === 'ended') return 'dead'
  // Frozen without the engine's knowledge.
  return pid > 0 && ControlGroup.of(pid, id)?.frozen ? 'suspended' : 'running'
}
