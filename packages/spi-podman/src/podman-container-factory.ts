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
import { aborted, ControlGroup, orAborted, ownerLabels, specLabels } from '@stemcell/core/container-engine'
import { ContainerStarter } from './container/container-starter.ts'
import type { PodmanContainer } from './container/podman-container.ts'
import type { ContainerListing } from './engine/podman-engine.ts'
import { EngineSession } from './engine-session.ts'
import type { PodmanContainersSettings } from './podman-containers-options.ts'

/** Longest wait for an engine that does not answer when the factory closes. */
const CLOSE_MS = 10_000

/** Makes each container on Podman. */
export class PodmanContainerFactory implements ContainerFactory {
  readonly capabilities: ContainerCapabilities
  readonly #settings: PodmanContainersSettings
  readonly #context: AdapterContext
  readonly #own = new Map<string, PodmanContainer>()
  readonly #starting = new Set<Promise<unknown>>()
  #opening: Promise<EngineSession> | undefined
  #session: EngineSession | undefined
  #closing: Promise<void> = Promise.resolve()

  constructor(settings: PodmanContainersSettings, context: AdapterContext) {
    this.#settings = settings
    this.#context = context
    this.capabilities = {
      suspend: true,
      memoryLimit: true,
      cpuLimit: true,
      images: settings.userImages,
      attributedLogs: true,
      isolation: 'container',
    }
  }

  async open(): Promise<void> {
    await this.#closing
    this.#opening ??= EngineSession.open(this.#settings, this.#context)
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
    if (session) this.#closing = this.#close(session)
    return this.#closing
  }

  async create(spec: ContainerSpec, options: { readonly signal?: AbortSignal } = {}): Promise<Container> {
    const session = this.#opened()
    const signal = AbortSignal.any([session.closed, ...(options.signal ? [options.signal] : [])])
    if (signal.aborted) throw aborted(signal)
    const starting = this.#start(session, spec, signal)
    this.#starting.add(starting)
    try {
      return await starting
    } finally {
      this.#starting.delete(starting)
    }
  }

  async list(owner: ContainerOwner): Promise<readonly ContainerSummary[]> {
    const found = await this.#opened().engine.list(ownerLabels(owner))
    return found.map((listing) => ({ id: listing.id, state: stateOf(listing), labels: specLabels(listing.labels) }))
  }

  async reap(owner: ContainerOwner): Promise<number> {
    const session = this.#opened()
    const found = await session.engine.list(ownerLabels(owner))
    const left = found.filter(({ id, name }) => !this.#own.has(id) && !session.names.has(name))
    const removed = await Promise.all(left.map(({ name }) => session.remove(name)))
    return removed.filter(Boolean).length
  }

  async #start(session: EngineSession, spec: ContainerSpec, signal: AbortSignal): Promise<Container> {
    const { random } = this.#context
    const image = await orAborted(session.images.find(spec.image, spec.userImage), signal)
    const name = `stemcell-${randomText(random, 12).toLowerCase()}`
    session.names.add(name)
    const starter = new ContainerStarter(session, this.#settings, this.#context)
    try {
      const container = await session.starts.run(
        () => starter.start(spec, image, name, signal, (id) => this.#own.delete(id)),
        signal,
      )
      this.#own.set(container.id, container)
      return container
    } catch (error) {
      await session.remove(name)
      throw error
    }
  }

  async #close(session: EngineSession): Promise<void> {
    session.abortStarts()
    await Promise.allSettled(this.#starting)
    const late = this.#context.clock.setTimer(CLOSE_MS, () => session.giveUp())
    await Promise.all(Array.from(this.#own.values(), (container) => container.destroy()))
    late.cancel()
    await session.close()
  }

  #opened(): EngineSession {
    if (!this.#session) throw new PlatformError('ERR_CLOSED', 'the container factory is not open')
    return this.#session
  }
}

function stateOf({ status, pid, id }: ContainerListing): ContainerSummary['state'] {
  if (status === 'paused') return 'suspended'
  if (status === 'ended') return 'dead'
  // Frozen without the engine's knowledge.
  return pid > 0 && ControlGroup.of(pid, id)?.frozen ? 'suspended' : 'running'
}
