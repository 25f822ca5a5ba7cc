import {
  isPlatformError,
  PlatformError,
  randomText,
  type AdapterContext,
  type Container,
  type ContainerSpec,
} from '@stemcell/core'
import {
  aborted,
  ApiForwarder,
  orAborted,
  parseImageName,
  Semaphore,
  type Gateway,
} from '@stemcell/core/container-engine'
import { setMaxListeners } from 'node:events'
import { reasonOf, refusedWith, toPlatformError } from './api/api-refusal.ts'
import type { Pod } from './api/pod.ts'
import { PodWatch } from './api/pod-watch.ts'
import { Pods } from './api/pods.ts'
import type { Cluster } from './cluster/connect.ts'
import { findGateway } from './cluster/find-gateway.ts'
import { KubernetesContainer } from './container/kubernetes-container.ts'
import { startPod } from './container/start-pod.ts'
import type { KubernetesContainersSettings } from './kubernetes-containers-options.ts'
import { factorySelector, type Maker } from './pod/pod-labels.ts'
import { PodLife } from './pod/pod-life.ts'
import { isOwn, nameOf, podRequest, type PodPlan } from './pod/pod-request.ts'
import type { PodTemplate } from './pod/pod-template.ts'
import { removePod } from './pod/remove-pod.ts'

const API_HOST = '__OW_API_HOST'
/** Longest wait for an API server that does not answer when the factory closes. */
const CLOSE_MS = 10_000
/** The same for a pod that was asked for of one: whoever waits for it is told, and it is removed when the server is back. */
const UNSURE_MS = 1_000
const LOOPBACK = /^(?:https?:\/\/)?(?:localhost|127(?:\.\d+){3}|\[::1\])(?:[:/]|$)/

export interface SessionParts {
  readonly cluster: Cluster
  readonly settings: KubernetesContainersSettings
  readonly template: PodTemplate
  readonly context: AdapterContext
}

/** What a factory has between `open()` and `close()`: its API server, one watch, and the pods that it made. */
export class Session {
  readonly pods: Pods
  readonly #parts: SessionParts
  /** Distinguishes this object's pods from those of other processes. */
  readonly #factory: string
  readonly #watch: PodWatch
  readonly #forwarder = new ApiForwarder()
  readonly #starts: Semaphore
  readonly #startsOfUsers: Semaphore
  readonly #closing = new AbortController()
  /** Pods that exist or may: from before the API server is asked to when their objects are gone. */
  readonly #lives = new Map<string, PodLife>()
  readonly #containers = new Set<KubernetesContainer>()
  readonly #creating = new Set<Promise<unknown>>()
  /** Pods that could not be removed when that was asked for. */
  readonly #left = new Set<PodLife>()
  readonly #mute = new Set<string>()
  #gateway: Promise<Gateway | undefined> | undefined

  constructor(parts: SessionParts) {
    const { cluster, settings, context } = parts
    this.#parts = parts
    // Every start listens to it.
    setMaxListeners(0, this.#closing.signal)
    this.#factory = randomText(context.random, 10).toLowerCase()
    this.pods = new Pods(cluster.server, cluster.namespace)
    this.#starts = new Semaphore(settings.parallelCreates)
    this.#startsOfUsers = new Semaphore(settings.parallelCreates)
    this.#watch = new PodWatch(
      this.pods,
      factorySelector(this.#factory),
      {
        changed: (pod) => this.#changed(pod),
        removed: (pod) => this.#lives.get(pod.metadata.name)?.removed(pod),
        reconnected: () => void this.#removeLeft(),
      },
      context.clock,
      context.logger,
    )
  }

  /** @throws ERR_CONFIG no pod can be made in this namespace, or with this template. @throws ERR_UNAVAILABLE */
  async open(): Promise<void> {
    try {
      await this.#tryOut()
      await this.#watch.open()
    } catch (error) {
      throw toPlatformError(error, 'watch of the pods')
    }
  }

  async close(): Promise<void> {
    const { cluster, context } = this.#parts
    this.#closing.abort(new PlatformError('ERR_CLOSED', 'the container factory was closed'))
    await Promise.allSettled(this.#creating)
    await Promise.all(Array.from(this.#containers, (container) => container.destroy()))
    if (this.#left.size > 0) await this.#removeLeft()
    if (this.#left.size > 0) {
      const names = Array.from(this.#left, ({ name }) => name)
      context.logger.warn({ pods: names }, 'pods are left behind: the next reaping removes them')
    }
    this.#forwarder.close()
    await this.#watch.close()
    await cluster.server.close()
  }

  /** Whether this object made the pod, or is making it. */
  has({ metadata }: Pod): boolean {
    return this.#lives.has(metadata.name)
  }

  /** As {@link ContainerFactory.create}. */
  async create(spec: ContainerSpec, signal: AbortSignal | undefined): Promise<Container> {
    const stop = signal ? AbortSignal.any([signal, this.#closing.signal]) : this.#closing.signal
    if (stop.aborted) throw aborted(stop)
    const creating = this.#create(spec, stop)
    this.#creating.add(creating)
    try {
      return await creating
    } finally {
      this.#creating.delete(creating)
    }
  }

  async #create(spec: ContainerSpec, stop: AbortSignal): Promise<Container> {
    checkImage(spec, this.#parts.settings)
    const plan = await orAborted(this.#plan(spec), stop)
    const starts = spec.userImage ? this.#startsOfUsers : this.#starts
    return starts.run(() => this.#make(plan, stop), stop)
  }

  async #plan(spec: ContainerSpec): Promise<PodPlan> {
    const { settings, template, context } = this.#parts
    const apiHost = spec.environment[API_HOST]
    const forwarded = apiHost ? await this.#forwarder.for(apiHost, await this.#gatewayFor(apiHost)) : undefined
    await forwarded?.open()
    const own = !spec.userImage && isOwn(spec.image, settings.ownImages)
    return {
      spec,
      maker: { factory: this.#factory, key: randomText(context.random, 12).toLowerCase() },
      own,
      environment: { ...spec.environment, ...(forwarded && { [API_HOST]: forwarded.apiHost }) },
      logToken: own ? randomText(context.random, 24) : undefined,
      settings,
      template,
    }
  }

  async #make(plan: PodPlan, stop: AbortSignal): Promise<Container> {
    if (stop.aborted) throw aborted(stop)
    const { context } = this.#parts
    const life = new PodLife(nameOf(plan.spec.owner, plan.maker), context.clock)
    this.#lives.set(life.name, life)
    try {
      const started = await startPod({ plan, life, pods: this.pods, context, stop, mute: this.#mute })
      const container: KubernetesContainer = new KubernetesContainer({
        ...started,
        life,
        clock: context.clock,
        logger: context.logger,
        remove: async () => {
          await this.#remove(life)
          this.#containers.delete(container)
        },
      })
      this.#containers.add(container)
      return container
    } catch (error) {
      await this.#remove(life, isPlatformError(error, 'ERR_UNAVAILABLE') ? UNSURE_MS : undefined)
      throw error
    }
  }

  /** Never rejects: what cannot be removed now is tried again when the API server is back. */
  async #remove(life: PodLife, longestMs: number = this.#closing.signal.aborted ? CLOSE_MS : Infinity): Promise<void> {
    const { settings, context } = this.#parts
    const timeoutMs = Math.min(longestMs, settings.destroyTimeoutMs)
    try {
      if (!(await removePod(this.pods, life, timeoutMs, context.clock))) {
        context.logger.warn({ pod: life.name }, 'a node did not confirm the end of a pod, which was removed without it')
      }
      this.#left.delete(life)
      this.#lives.delete(life.name)
    } catch (error) {
      context.logger.warn({ pod: life.name, reason: reasonOf(error) }, 'a pod could not be removed')
      this.#left.add(life)
    }
    life.removed(undefined)
  }

  #isPod(address: string): boolean {
    for (const { pod } of this.#lives.values()) if (pod?.status?.podIP === address) return true
    return false
  }

  #changed(pod: Pod): void {
    const { name, deletionTimestamp } = pod.metadata
    const life = this.#lives.get(name)
    if (life) life.changed(pod)
    // Asked for once, and given up when no answer came: the answer comes now.
    else if (deletionTimestamp === undefined) void this.#removeOrphan(pod)
  }

  async #removeOrphan(pod: Pod): Promise<void> {
    const life = new PodLife(pod.metadata.name, this.#parts.context.clock)
    this.#lives.set(life.name, life)
    life.changed(pod)
    await this.#remove(life)
  }

  async #removeLeft(): Promise<void> {
    await Promise.all(Array.from(this.#left, (life) => this.#remove(life)))
  }

  /** Lets the API server look at a pod that is not made: a namespace, a template or a policy may refuse all of them. */
  async #tryOut(): Promise<void> {
    const { settings, template, context, cluster } = this.#parts
    const spec: ContainerSpec = {
      owner: { platform: 'try', invoker: 'try' },
      kind: 'nodejs',
      image: `${settings.ownImages[0] ?? ''}try`.replace(/^\/+/, ''),
      userImage: false,
      memoryMb: 128,
      maxConcurrent: 1,
      environment: {},
      labels: {},
    }
    const maker: Maker = { factory: this.#factory, key: randomText(context.random, 12).toLowerCase() }
    const plan: PodPlan = { spec, maker, own: true, environment: {}, logToken: undefined, settings, template }
    try {
      await this.pods.create(podRequest(plan), { dryRun: true })
    } catch (error) {
      const status = refusedWith(error)
      // A quota that is used up is no reason not to start.
      if (status === 403 && /quota/.test(reasonOf(error))) {
        context.logger.warn({ reason: reasonOf(error) }, 'no pod can be made at the moment')
      } else if (status !== undefined && status < 500 && status !== 429) {
        const what = `no pod can be made in namespace ${cluster.namespace}: ${reasonOf(error)}`
        throw new PlatformError('ERR_CONFIG', `@stemcell/spi-kubernetes: ${what}`, { cause: error })
      } else {
        throw error
      }
    }
  }

  async #gatewayFor(apiHost: string): Promise<Gateway | undefined> {
    if (!LOOPBACK.test(apiHost)) return undefined
    const { settings, cluster, context } = this.#parts
    if (settings.gateway) return settings.gateway
    this.#gateway ??= findGateway(cluster.server, (address) => this.#isPod(address)).then((found) => {
      const fix = 'set apiHost to an address that pods reach, or the option gateway'
      if (!found) context.logger.warn({ apiHost }, `actions cannot reach the API: it is on a loopback address: ${fix}`)
      return found
    })
    try {
      return await this.#gateway
    } catch (error) {
      this.#gateway = undefined
      throw toPlatformError(error, 'address of this machine among the nodes')
    }
  }
}

function checkImage({ image, userImage }: ContainerSpec, settings: KubernetesContainersSettings): void {
  if (userImage && !settings.userImages) {
    throw new PlatformError('ERR_UNSUPPORTED', 'images of users are not run here (userImages is false)')
  }
  if (parseImageName(image)) return
  throw new PlatformError(userImage ? 'ERR_IMAGE' : 'ERR_UNSUPPORTED', `'${image}' is not the name of an image.`)
}
