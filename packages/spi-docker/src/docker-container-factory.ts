import {
  PlatformError,
  randomText,
  type AdapterContext,
  type Container,
  type ContainerCapabilities,
  type ContainerFactory,
  type ContainerOwner,
  type ContainerSpec,
  type ContainerSummary,
} from '@stemcell/core'
import { aborted, Semaphore } from '@stemcell/core/container-engine'
import { Freezer } from './container/freezer.ts'
import { removeContainer } from './container/remove-container.ts'
import { SocketFolders } from './container/socket-folders.ts'
import type { DockerContainersSettings } from './docker-containers-options.ts'
import { connect } from './engine/connect.ts'
import { makerOf, ownerFilter, specLabelsOf } from './engine/container-labels.ts'
import { toPlatformError } from './engine/to-platform-error.ts'
import { Session } from './session.ts'

/** Removals are slow for the engine, and must not keep it from making containers. */
const PARALLEL_REMOVALS = 4

/** Makes each container on the Docker Engine of this machine. */
export class DockerContainerFactory implements ContainerFactory {
  readonly capabilities: ContainerCapabilities
  readonly #settings: DockerContainersSettings
  readonly #context: AdapterContext
  readonly #folders: SocketFolders
  readonly #freezer: Freezer | undefined
  #opening: Promise<Session> | undefined
  #session: Session | undefined
  #closing: Promise<void> = Promise.resolve()

  constructor(settings: DockerContainersSettings, context: AdapterContext) {
    this.#settings = settings
    this.#context = context
    this.#folders = new SocketFolders(settings.dir)
    this.#freezer = settings.suspendThrough === 'freezer' ? new Freezer(context.clock) : undefined
    this.capabilities = {
      suspend: true,
      memoryLimit: true,
      cpuLimit: true,
      images: settings.userImages,
      // Of the platform's own images; with those that write sentinels the pools must not overlap runs.
      attributedLogs: true,
      isolation: 'container',
    }
  }

  async open(): Promise<void> {
    await this.#closing
    this.#opening ??= this.#open()
    try {
      this.#session = await this.#opening
    } catch (error) {
      this.#opening = undefined
      throw error
    }
  }

  close(): Promise<void> {
    const session = this.#session
    this.#session = undefined
    this.#opening = undefined
    if (session) this.#closing = session.close()
    return this.#closing
  }

  async create(spec: ContainerSpec, { signal }: { readonly signal?: AbortSignal } = {}): Promise<Container> {
    const session = this.#opened()
    if (signal?.aborted) throw aborted(signal)
    return session.create(spec, signal)
  }

  async list(owner: ContainerOwner): Promise<readonly ContainerSummary[]> {
    const { docker } = this.#opened()
    try {
      const found = await docker.listContainers({ all: true, filters: { label: ownerFilter(owner) } })
      const states = await Promise.all(found.map(({ Id, State }) => this.#stateOf(Id, State)))
      return found.map(({ Id, Labels }, index) => ({ id: Id, state: states[index]!, labels: specLabelsOf(Labels) }))
    } catch (error) {
      throw toPlatformError(error, 'list of containers')
    }
  }

  async reap(owner: ContainerOwner): Promise<number> {
    const session = this.#opened()
    try {
      const found = await session.docker.listContainers({ all: true, filters: { label: ownerFilter(owner) } })
      const gate = new Semaphore(PARALLEL_REMOVALS)
      const left = found.filter(({ Labels }) => !session.has(makerOf(Labels)))
      await Promise.all(left.map((one) => gate.run(() => this.#reap(session, one))))
      return left.length
    } catch (error) {
      throw toPlatformError(error, 'removal of left-over containers')
    }
  }

  async #open(): Promise<Session> {
    const { clock, random, logger } = this.#context
    this.#freezer?.check()
    this.#folders.open()
    const docker = await connect(this.#settings.socketPath, this.#settings.connectTimeoutMs, clock)
    const session = new Session({
      docker,
      factory: randomText(random, 8),
      settings: this.#settings,
      context: this.#context,
      folders: this.#folders,
      freezer: this.#freezer,
    })
    try {
      await session.open()
    } catch (error) {
      throw toPlatformError(error, 'events of the engine')
    }
    logger.info({ socketPath: this.#settings.socketPath, network: this.#settings.network }, 'containers run on Docker')
    return session
  }

  async #reap({ docker }: Session, { Id, Labels }: { Id: string; Labels: Record<string, string> }): Promise<void> {
    const { clock } = this.#context
    const pid = await this.#frozenPidOf(docker, Id)
    if (pid !== undefined) await this.#freezer?.thaw(pid)
    await removeContainer(docker, Id, clock)
    const maker = makerOf(Labels)
    if (!maker) return
    await this.#folders.remove(maker)
    this.#folders.removeFactory(maker.factory)
  }

  async #stateOf(id: string, state: string): Promise<ContainerSummary['state']> {
    if (state === 'paused') return 'suspended'
    if (state !== 'running' && state !== 'created' && state !== 'restarting') return 'dead'
    const pid = await this.#frozenPidOf(this.#opened().docker, id)
    return pid === undefined ? 'running' : 'suspended'
  }

  /** Of a container that a {@link Freezer} suspended: the engine takes it for running. */
  async #frozenPidOf(docker: Session['docker'], id: string): Promise<number | undefined> {
    if (!this.#freezer) return undefined
    const pid = (await docker.getContainer(id).inspect()).State.Pid
    return this.#freezer.isFrozen(pid) ? pid : undefined
  }

  #opened(): Session {
    if (!this.#session) throw new PlatformError('ERR_CLOSED', 'the container factory is not open')
    return this.#session
  }
}
