import { LogDemultiplexer, PlatformError, randomText, type AdapterContext, type ContainerSpec } from '@stemcell/core'
import {
  aborted,
  ControlGroup,
  RUNTIME_PORT,
  type ApiForwarder,
  type ForwardedApi,
  type RuntimeImage,
  type SocketFolders,
} from '@stemcell/core/container-engine'
import { runtimeClient, type RuntimeClient, type RuntimeEndpoint } from '@stemcell/core/runtime-client'
import { addressOf, containerRequest, type Address, type ContainerRequest } from '../engine/container-request.ts'
import type { ContainerFacts } from '../engine/container-facts.ts'
import type { PodmanEngine } from '../engine/podman-engine.ts'
import { keepApart } from '../network/keep-apart.ts'
import type { ContainerNetwork, Networks } from '../network/networks.ts'
import type { PodmanContainersSettings } from '../podman-containers-options.ts'
import { ContainerWatch } from './container-watch.ts'
import { PodmanContainer } from './podman-container.ts'

const API_HOST = '__OW_API_HOST'

export interface ContainerStarterParts {
  readonly engine: PodmanEngine
  readonly networks: Networks
  readonly folders: SocketFolders
  readonly forwarder: ApiForwarder
  readonly settings: PodmanContainersSettings
  readonly context: AdapterContext
}

export interface StartOptions {
  readonly spec: ContainerSpec
  readonly image: RuntimeImage
  readonly name: string
  readonly stop: AbortSignal
  readonly remove: () => Promise<void>
}

/** Takes one container from its spec to the point where its runtime has answered. What it leaves when it throws is the caller's to remove. */
export class ContainerStarter {
  readonly #parts: ContainerStarterParts

  constructor(parts: ContainerStarterParts) {
    this.#parts = parts
  }

  /** @throws ERR_START_FAILED, ERR_IMAGE, ERR_UNAVAILABLE as {@link ContainerFactory.create}. */
  async start({ spec, image, name, stop, remove }: StartOptions): Promise<PodmanContainer> {
    const { engine, networks, folders, forwarder, settings, context } = this.#parts
    const { clock, random, logger } = context
    const address = addressOf(image, settings)
    const network = await networks.of(spec.owner.platform)
    const api = await forwarder.for(spec.environment[API_HOST] ?? '', network.gateway)
    const logToken = image.attributesLogs ? randomText(random, 24) : undefined
    const logs = new LogDemultiplexer(
      logToken === undefined ? { kind: 'sentinel' } : { kind: 'attributed', token: logToken },
      clock,
    )
    const { folder, socketPath } = folders.of(name)
    const environment = api.apiHost === '' ? spec.environment : { ...spec.environment, [API_HOST]: api.apiHost }
    const request = containerRequest({ spec, image, name, network, address, folder, environment, logToken, settings })

    stopIf(stop)
    // First, because the engine looks for what it is to mount.
    if (address === 'socket') folders.make(name)
    const id = await this.#create(spec, request)
    stopIf(stop)
    const watch = new ContainerWatch({ id, engine, logs, clock, logger })
    await this.#run(spec, id, watch, network, api)
    const facts = await this.#facts(id, watch)
    const group = ControlGroup.of(facts.pid, id)
    watch.observe(group)
    const client = runtimeClient({
      own: image.own,
      endpoint: address === 'socket' ? { socketPath } : endpointOf(address, facts, network),
      maxConcurrent: spec.maxConcurrent,
      clock,
      log: logs,
    })
    const container = new PodmanContainer({
      id,
      engine,
      client,
      watch,
      logs,
      clock,
      freezer: settings.suspendThrough === 'freezer' ? required(group) : undefined,
      remove: async () => {
        await remove()
        watch.removed()
      },
    })
    try {
      await this.#ready(spec, client, watch, stop)
      // Before any code of the action runs.
      if (address === 'socket') folders.seal(name)
    } catch (error) {
      await container.destroy()
      throw error
    }
    return container
  }

  async #create(spec: ContainerSpec, request: ContainerRequest): Promise<string> {
    try {
      return await this.#parts.engine.create(request)
    } catch (error) {
      this.#parts.networks.forget(spec.owner.platform)
      throw error
    }
  }

  async #run(
    spec: ContainerSpec,
    id: string,
    watch: ContainerWatch,
    network: ContainerNetwork,
    api: ForwardedApi,
  ): Promise<void> {
    const { engine } = this.#parts
    try {
      await engine.prepare(id)
      if (network.bridge !== undefined) keepApart(network.bridge)
      await api.open()
      await watch.attach()
      await engine.start(id)
    } catch (error) {
      if (spec.userImage || !(error instanceof PlatformError) || error.code !== 'ERR_IMAGE') throw error
      throw new PlatformError('ERR_START_FAILED', `image ${spec.image}: ${error.message}`, { cause: error })
    }
  }

  async #facts(id: string, watch: ContainerWatch): Promise<ContainerFacts> {
    const facts = await this.#parts.engine.inspect(id)
    if (facts) return facts
    throw new PlatformError('ERR_START_FAILED', `the container went away as it started: ${watch.lastWords.slice(-500)}`)
  }

  async #ready(spec: ContainerSpec, client: RuntimeClient, watch: ContainerWatch, stop: AbortSignal): Promise<void> {
    const { startTimeoutMs } = this.#parts.settings
    const ended = new AbortController()
    void watch.exited.then(() => ended.abort())
    try {
      await client.waitReady(startTimeoutMs, AbortSignal.any([ended.signal, stop]))
    } catch (cause) {
      throw notReady(spec, `it did not answer within ${startTimeoutMs} ms`, watch, cause)
    }
    stopIf(stop)
    if (ended.signal.aborted) throw notReady(spec, 'it ended before it answered', watch)
  }
}

function stopIf(signal: AbortSignal): void {
  if (signal.aborted) throw aborted(signal)
}

/** A user's image that does not do what images have to is the user's fault, and what it says is the user's to see. */
function notReady(
  { userImage, image }: ContainerSpec,
  what: string,
  watch: ContainerWatch,
  cause?: unknown,
): PlatformError {
  const said = watch.lastWords.slice(-500)
  const message = `The container of image '${image}' was not ready: ${what}.${said && ` It said: ${said}`}`
  return new PlatformError(userImage ? 'ERR_IMAGE' : 'ERR_START_FAILED', message, { cause })
}

function endpointOf(
  address: Exclude<Address, 'socket'>,
  facts: ContainerFacts,
  network: ContainerNetwork,
): RuntimeEndpoint {
  if (address === 'port' && facts.publishedPort !== undefined) return { host: '127.0.0.1', port: facts.publishedPort }
  const host = address === 'bridge' ? facts.addresses[network.name ?? ''] : undefined
  if (host) return { host, port: RUNTIME_PORT }
  throw new PlatformError('ERR_START_FAILED', `address: the container has none of kind ${address} on its network`)
}

function required(group: ControlGroup | undefined): ControlGroup {
  if (group) return group
  const fix = 'set suspendThrough to engine'
  throw new PlatformError('ERR_START_FAILED', `the container's control group is not to be seen from here: ${fix}`)
}
