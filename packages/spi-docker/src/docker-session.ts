import {
  LogDemultiplexer,
  PlatformError,
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
  Semaphore,
  SocketFolders,
  specLabels,
  type EngineSession,
  type FactoryClosing,
  type ListedContainer,
  type RuntimeImage,
  type StartContainer,
} from '@stemcell/core/container-engine'
import type Dockerode from 'dockerode'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { checkFreezer } from './container/check-freezer.ts'
import { ContainerOutput } from './container/container-output.ts'
import { createOptions, type Address, type ContainerPlan } from './container/create-options.ts'
import { DockerContainer } from './container/docker-container.ts'
import { removeContainer } from './container/remove-container.ts'
import { startContainer } from './container/start-container.ts'
import type { DockerContainersSettings } from './docker-containers-options.ts'
import { connect } from './engine/connect.ts'
import { keyIn, makerOf, nameOf, ownerFilter } from './engine/container-labels.ts'
import { EngineEvents, type EngineEvent } from './engine/engine-events.ts'
import { CALL_MS, inTime } from './engine/in-time.ts'
import { reasonOf, toPlatformError } from './engine/to-platform-error.ts'
import { DockerImages } from './images/docker-images.ts'
import { Networks, type Network } from './network/networks.ts'

/** Removals are slow for the engine, and must not keep it from making containers. */
const PARALLEL_REMOVALS = 4

interface DockerSessionParts {
  readonly docker: Dockerode
  readonly settings: DockerContainersSettings
  readonly context: AdapterContext
  readonly folders: SocketFolders
}

/** A container in the engine's listing. */
export interface DockerListing extends ListedContainer {
  readonly id: string
  readonly state: string
  readonly labels: Readonly<Record<string, string>>
}

/** A factory's Docker from its `open` to its `close`. */
export class DockerSession implements EngineSession<DockerListing> {
  readonly #parts: DockerSessionParts
  /** Distinguishes this factory's containers from those of other processes. */
  readonly #factory: string
  readonly #images: DockerImages
  readonly #source: ImageSource
  readonly #networks: Networks
  readonly #forwarder = new ApiForwarder()
  readonly #events: EngineEvents
  readonly #starts: Semaphore
  readonly #byId = new Map<string, DockerContainer>()
  /** Names of containers that the engine did not remove when asked. */
  readonly #left = new Set<string>()

  private constructor(parts: DockerSessionParts) {
    const { docker, settings, context } = parts
    const { clock, random, logger } = context
    this.#parts = parts
    this.#factory = randomText(random, 8)
    this.#images = new DockerImages(docker, settings.pullTimeoutMs, clock)
    this.#source = new ImageSource(this.#images, settings, clock, logger)
    this.#networks = new Networks(docker, settings)
    this.#starts = new Semaphore(settings.parallelCreates)
    this.#events = new EngineEvents(docker, this.#factory, clock, logger, {
      heard: (event) => this.#heard(event),
      reconnected: () => void this.#reconnected(),
    })
  }

  /** @throws ERR_CONFIG, ERR_UNAVAILABLE */
  static async open(
    settings: DockerContainersSettings,
    context: AdapterContext,
    closing: FactoryClosing,
  ): Promise<DockerSession> {
    const { socketPath, network, connectTimeoutMs } = settings
    const { clock, logger } = context
    if (settings.suspendThrough === 'freezer') checkFreezer()
    const dir = settings.dir ?? join(tmpdir(), `stemcell-docker-${process.getuid?.() ?? 0}`)
    const folders = new SocketFolders('@stemcell/spi-docker', dir)
    folders.open()
    const docker = await connect(socketPath, connectTimeoutMs, clock, closing.begun)
    const session = new DockerSession({ docker, settings, context, folders })
    try {
      await session.#events.open()
    } catch (error) {
      throw toPlatformError(error, 'events of the engine')
    }
    logger.info({ socketPath, network }, 'containers run on Docker')
    return session
  }

  async create(spec: ContainerSpec, stop: AbortSignal, start: StartContainer): Promise<Container> {
    // Not among the starts: a user's image may take minutes to arrive.
    const image = await orAborted(this.#source.find(spec.image, spec.userImage), stop)
    for (let isRetry = false; ; isRetry = true) {
      const network = await orAborted(this.#networks.of(spec.owner.platform), stop)
      const plan = await this.#plan(spec, image, network)
      try {
        return await this.#starts.run(
          () => start(nameOf(spec, plan.maker), (remove) => this.#make(plan, stop, remove)),
          stop,
        )
      } catch (error) {
        this.#images.forget(spec.image)
        // Another process of the platform removed the network as its last user.
        if (isRetry || stop.aborted || !isPlatformError(error, 'ERR_START_FAILED')) throw error
        if (!(await this.#networks.isGone(spec.owner.platform, network))) throw error
      }
    }
  }

  async list(owner: ContainerOwner): Promise<readonly DockerListing[]> {
    const filters = { label: ownerFilter(owner) }
    const found = await this.#parts.docker.listContainers({ all: true, filters })
    return found.map(({ Id, State, Names, Labels }) => {
      const maker = makerOf(Labels)
      // By the labels, since anybody may rename a container.
      const name = maker ? nameOf({ owner }, maker) : (Names[0] ?? Id)
      return { id: Id, name, state: State, labels: Labels }
    })
  }

  async summaryOf({ id, state, labels }: DockerListing): Promise<ContainerSummary> {
    return { id, state: await this.#stateOf(id, state), labels: specLabels(labels) }
  }

  /** What is not removed now is tried again when the engine is back. */
  async remove(name: string): Promise<void> {
    const { docker, folders, context } = this.#parts
    try {
      await removeContainer(docker, name, context.clock)
      await folders.remove(keyIn(name))
      this.#left.delete(name)
    } catch (err) {
      context.logger.warn({ err, container: name }, 'a container could not be removed')
      this.#left.add(name)
    }
  }

  async reap(left: readonly DockerListing[]): Promise<number> {
    const gate = new Semaphore(PARALLEL_REMOVALS)
    await Promise.all(left.map((one) => gate.run(() => this.#reap(one))))
    return left.length
  }

  async close(): Promise<void> {
    this.#events.close()
    this.#forwarder.close()
    try {
      await this.#networks.close()
    } catch (error) {
      const { logger } = this.#parts.context
      logger.warn({ reason: reasonOf(error) }, 'the network of the containers could not be removed')
    }
  }

  toPlatformError(error: unknown, what: string): PlatformError {
    return toPlatformError(error, what)
  }

  async #plan(spec: ContainerSpec, image: RuntimeImage, network: Network): Promise<ContainerPlan> {
    const { folders, settings, context } = this.#parts
    const maker = { factory: this.#factory, key: randomText(context.random, 12) }
    const apiHost = spec.environment['__OW_API_HOST']
    const forwarded = apiHost ? await this.#forwarder.for(apiHost, network.gateway) : undefined
    await forwarded?.open()
    const environment = { ...spec.environment, ...(forwarded && { __OW_API_HOST: forwarded.apiHost }) }
    return {
      spec: { ...spec, environment },
      image,
      maker,
      network: network.mode,
      address: this.#addressOf(spec.image, image),
      folder: folders.of(maker.key).folder,
      logToken: image.attributesLogs ? randomText(context.random, 24) : undefined,
      settings,
    }
  }

  #addressOf(name: string, { own }: RuntimeImage): Address {
    const { address, network, egress } = this.#parts.settings
    if (address === 'socket' || network === 'none') {
      if (own) return 'socket'
      const fix = 'set network to isolated and address to auto'
      throw new PlatformError(
        'ERR_UNSUPPORTED',
        `${name} cannot listen on a unix socket, which is the only way: ${fix}`,
      )
    }
    if (address !== 'auto') return address
    if (own) return 'socket'
    // The engine publishes no ports of a network that leads nowhere.
    return network === 'isolated' && !egress ? 'bridge' : 'port'
  }

  async #make(plan: ContainerPlan, stop: AbortSignal, remove: () => Promise<void>): Promise<Container> {
    const { docker, folders, settings, context } = this.#parts
    const { spec, maker, logToken } = plan
    if (plan.address === 'socket') folders.make(maker.key)
    let handle: Dockerode.Container
    try {
      const created = docker.createContainer(createOptions(plan))
      handle = await inTime(created, CALL_MS, context.clock)
    } catch (error) {
      throw toPlatformError(error, `container of ${spec.image}`, 'ERR_START_FAILED')
    }
    const logs = new LogDemultiplexer(
      logToken === undefined ? { kind: 'sentinel' } : { kind: 'attributed', token: logToken },
      context.clock,
    )
    const output = new ContainerOutput(logs, context.clock)
    const container = new DockerContainer({
      id: handle.id,
      handle,
      logs,
      output,
      clock: context.clock,
      freezes: settings.suspendThrough === 'freezer',
      remove: async () => {
        await remove()
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

  async #reap({ id, labels }: DockerListing): Promise<void> {
    const { docker, folders, context } = this.#parts
    await (await this.#frozen(id))?.thaw(context.clock)
    await removeContainer(docker, id, context.clock)
    const maker = makerOf(labels)
    if (maker) await folders.remove(maker.key)
  }

  async #stateOf(id: string, state: string): Promise<ContainerSummary['state']> {
    if (state === 'paused') return 'suspended'
    if (state !== 'running' && state !== 'created' && state !== 'restarting') return 'dead'
    return (await this.#frozen(id)) ? 'suspended' : 'running'
  }

  /** Of a container that was suspended without the engine's knowledge, which takes it for running. */
  async #frozen(id: string): Promise<ControlGroup | undefined> {
    const { docker, settings } = this.#parts
    if (settings.suspendThrough !== 'freezer') return undefined
    const { Pid } = (await docker.getContainer(id).inspect()).State
    const group = ControlGroup.of(Pid, id)
    return group?.frozen ? group : undefined
  }

  #heard({ id, action, exitCode }: EngineEvent): void {
    const container = this.#byId.get(id)
    if (action === 'oom') container?.ranOutOfMemory()
    else container?.died(exitCode)
  }

  async #reconnected(): Promise<void> {
    const { logger } = this.#parts.context
    for (const name of this.#left) await this.remove(name)
    const looks = Array.from(this.#byId.values(), (container) => container.reconnected())
    for (const look of await Promise.allSettled(looks)) {
      // The engine is gone again: there will be another time.
      if (look.status === 'rejected')
        logger.debug({ reason: reasonOf(look.reason) }, 'the state of a container is unknown')
    }
  }
}
