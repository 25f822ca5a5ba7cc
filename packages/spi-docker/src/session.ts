import {
  LogDemultiplexer,
  PlatformError,
  isPlatformError,
  randomText,
  type AdapterContext,
  type Container,
  type ContainerSpec,
} from '@stemcell/core'
import { aborted, ApiForwarder, Semaphore, orAborted } from '@stemcell/core/container-engine'
import type Dockerode from 'dockerode'
import { ContainerOutput } from './container/container-output.ts'
import { createOptions, nameOf, type Address, type ContainerPlan } from './container/create-options.ts'
import { DockerContainer } from './container/docker-container.ts'
import type { Freezer } from './container/freezer.ts'
import { removeContainer } from './container/remove-container.ts'
import type { SocketFolders } from './container/socket-folders.ts'
import { startContainer } from './container/start-container.ts'
import type { DockerContainersSettings } from './docker-containers-options.ts'
import type { Maker } from './engine/container-labels.ts'
import { EngineEvents, type EngineEvent } from './engine/engine-events.ts'
import { CALL_MS, inTime } from './engine/in-time.ts'
import { reasonOf, statusOf, toPlatformError } from './engine/to-platform-error.ts'
import { Images } from './images/images.ts'
import type { RuntimeImage } from './images/runtime-image.ts'
import { Networks, type Network } from './network/networks.ts'

export interface SessionParts {
  readonly docker: Dockerode
  /** Distinguishes this object's containers from those of other processes. */
  readonly factory: string
  readonly settings: DockerContainersSettings
  readonly context: AdapterContext
  readonly folders: SocketFolders
  readonly freezer: Freezer | undefined
}

/** What a factory has between `open()` and `close()`: its connection to the engine, and the containers it made. */
export class Session {
  readonly docker: Dockerode
  readonly #parts: SessionParts
  readonly #images: Images
  readonly #networks: Networks
  readonly #forwarder = new ApiForwarder()
  readonly #events: EngineEvents
  readonly #starts: Semaphore
  readonly #closing = new AbortController()
  /** Keys of containers that exist or may: from before the engine is asked to when it has removed them. */
  readonly #keys = new Set<string>()
  readonly #byId = new Map<string, DockerContainer>()
  readonly #creating = new Set<Promise<unknown>>()
  /** Names of containers that the engine did not remove when asked. */
  readonly #left = new Map<string, Maker>()

  constructor(parts: SessionParts) {
    const { docker, factory, settings, context } = parts
    const { clock, logger } = context
    this.docker = docker
    this.#parts = parts
    this.#images = new Images(docker, settings, clock, logger)
    this.#networks = new Networks(docker, settings)
    this.#starts = new Semaphore(settings.parallelCreates)
    this.#events = new EngineEvents(docker, factory, clock, logger, {
      heard: (event) => this.#heard(event),
      reconnected: () => void this.#reconnected(),
    })
  }

  /** Rejects with the driver's error. */
  open(): Promise<void> {
    return this.#events.open()
  }

  async close(): Promise<void> {
    this.#closing.abort(new PlatformError('ERR_CLOSED', 'the container factory was closed'))
    await Promise.allSettled(this.#creating)
    await Promise.all(Array.from(this.#byId.values(), (container) => container.destroy()))
    this.#events.close()
    this.#forwarder.close()
    const { folders, factory, context } = this.#parts
    try {
      folders.removeFactory(factory)
      await this.#networks.close()
    } catch (error) {
      context.logger.warn({ reason: reasonOf(error) }, 'the network of the containers could not be removed')
    }
  }

  /** Whether this object made the container, or is making it. */
  has(maker: Maker | undefined): boolean {
    return maker?.factory === this.#parts.factory && this.#keys.has(maker.key)
  }

  /** As {@link ContainerFactory.create}. */
  create(spec: ContainerSpec, signal: AbortSignal | undefined): Promise<Container> {
    const stop = signal ? AbortSignal.any([signal, this.#closing.signal]) : this.#closing.signal
    const created = this.#create(spec, stop)
    this.#creating.add(created)
    const settled = (): void => void this.#creating.delete(created)
    created.then(settled, settled)
    return created
  }

  async #create(spec: ContainerSpec, stop: AbortSignal): Promise<Container> {
    // Not among the starts: a user's image may take minutes to arrive.
    const image = await orAborted(this.#images.find(spec), stop)
    for (let isRetry = false; ; isRetry = true) {
      const network = await orAborted(this.#networks.of(spec.owner.platform), stop)
      const plan = await this.#plan(spec, image, network)
      try {
        return await this.#starts.run(() => this.#make(plan, stop), stop)
      } catch (error) {
        this.#images.forget(spec.image)
        // Another process of the platform removed the network as its last user.
        if (isRetry || stop.aborted || !isPlatformError(error, 'ERR_START_FAILED')) throw error
        if (!(await this.#networks.isGone(spec.owner.platform, network))) throw error
      }
    }
  }

  async #plan(spec: ContainerSpec, image: RuntimeImage, network: Network): Promise<ContainerPlan> {
    const { factory, folders, settings, context } = this.#parts
    const maker = { factory, key: randomText(context.random, 12) }
    const apiHost = spec.environment['__OW_API_HOST']
    const forwarded = apiHost ? await this.#forwarder.for(apiHost, network.gateway) : undefined
    await forwarded?.open()
    const environment = { ...spec.environment, ...(forwarded && { __OW_API_HOST: forwarded.apiHost }) }
    return {
      spec: { ...spec, environment },
      image,
      maker,
      network: network.mode,
      address: this.#addressOf(image),
      folder: folders.pathOf(maker),
      logToken: image.attributesLogs ? randomText(context.random, 24) : undefined,
      settings,
    }
  }

  #addressOf({ name, hasSocket }: RuntimeImage): Address {
    const { address, network, egress } = this.#parts.settings
    if (address === 'socket' || network === 'none') {
      if (hasSocket) return 'socket'
      const fix = 'set network to isolated and address to auto'
      throw new PlatformError(
        'ERR_UNSUPPORTED',
        `${name} cannot listen on a unix socket, which is the only way: ${fix}`,
      )
    }
    if (address !== 'auto') return address
    if (hasSocket) return 'socket'
    // The engine publishes no ports of a network that leads nowhere.
    return network === 'isolated' && !egress ? 'bridge' : 'port'
  }

  async #make(plan: ContainerPlan, stop: AbortSignal): Promise<Container> {
    if (stop.aborted) throw aborted(stop)
    const { folders, freezer, context } = this.#parts
    const { maker, image, logToken } = plan
    this.#keys.add(maker.key)
    if (plan.address === 'socket') folders.make(maker)
    let handle: Dockerode.Container
    try {
      const created = this.docker.createContainer(createOptions(plan))
      handle = await inTime(created, CALL_MS, context.clock)
    } catch (error) {
      // Whether the engine made it is not known when it did not answer.
      await this.#remove(nameOf(plan), maker, statusOf(error) === undefined)
      throw toPlatformError(error, `container of ${image.name}`, 'ERR_START_FAILED')
    }
    const logs = new LogDemultiplexer(
      logToken === undefined ? { kind: 'sentinel' } : { kind: 'attributed', token: logToken },
      context.clock,
    )
    const output = new ContainerOutput(logs, context.clock)
    const container: DockerContainer = new DockerContainer({
      id: handle.id,
      handle,
      logs,
      output,
      clock: context.clock,
      freezer,
      remove: async () => {
        await this.#remove(handle.id, maker, true)
        this.#byId.delete(handle.id)
      },
    })
    this.#byId.set(handle.id, container)
    try {
      await startContainer({ plan, container, handle, logs, output, folders, clock: context.clock, stop })
      return container
    } catch (error) {
      await container.destroy()
      throw error
    }
  }

  /** Never rejects: what the engine does not remove now is tried again when it is back. */
  async #remove(name: string, maker: Maker, exists: boolean): Promise<void> {
    const { clock, logger } = this.#parts.context
    try {
      if (exists) await removeContainer(this.docker, name, clock)
      await this.#parts.folders.remove(maker)
      this.#left.delete(name)
    } catch (err) {
      logger.warn({ err, container: name }, 'a container could not be removed')
      this.#left.set(name, maker)
    }
    this.#keys.delete(maker.key)
  }

  #heard({ id, action, exitCode }: EngineEvent): void {
    const container = this.#byId.get(id)
    if (action === 'oom') container?.ranOutOfMemory()
    else container?.died(exitCode)
  }

  async #reconnected(): Promise<void> {
    const { logger } = this.#parts.context
    for (const [name, maker] of this.#left) await this.#remove(name, maker, true)
    const looks = Array.from(this.#byId.values(), (container) => container.reconnected())
    for (const look of await Promise.allSettled(looks)) {
      // The engine is gone again: there will be another time.
      if (look.status === 'rejected')
        logger.debug({ reason: reasonOf(look.reason) }, 'the state of a container is unknown')
    }
  }
}
