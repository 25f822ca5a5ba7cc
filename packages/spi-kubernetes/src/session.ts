import {
  isPlatformError,
  PlatformError,
  randomText,
  type AdapterContext,
  type Container,
  type ContainerOwner,
  type ContainerSpec,
  type ContainerSummary,
} from '@stemcell/core'
import {
  ApiForwarder,
  orAborted,
  parseImageName,
  Semaphore,
  type EngineSession,
  type FactoryClosing,
  type Gateway,
  type ListedContainer,
  type StartContainer,
} from '@stemcell/core/container-engine'
import { reasonOf, refusedWith, toPlatformError } from './api/api-refusal.ts'
import type { Pod } from './api/pod.ts'
import { PodWatch } from './api/pod-watch.ts'
import { Pods } from './api/pods.ts'
import { connect, type Cluster } from './cluster/connect.ts'
import { findGateway } from './cluster/find-gateway.ts'
import { KubernetesContainer } from './container/kubernetes-container.ts'
import { startPod } from './container/start-pod.ts'
import type { KubernetesContainersSettings } from './kubernetes-containers-options.ts'
import { factorySelector, isOf, makerOf, ownerSelector, specLabelsOf, type Maker } from './pod/pod-labels.ts'
import { PodLife } from './pod/pod-life.ts'
import { isOwn, nameOf, podRequest, type PodPlan } from './pod/pod-request.ts'
import type { PodTemplate } from './pod/pod-template.ts'
import { statusOf } from './pod/pod-verdict.ts'
import { removePod } from './pod/remove-pod.ts'

const API_HOST = '__OW_API_HOST'
const PARALLEL_REMOVALS = 32
/** Longest wait for an API server that does not answer when the factory closes. */
const CLOSE_MS = 10_000
/** The same for a pod that was asked for of one: whoever waits for it is told, and it is removed when the server is back. */
const UNSURE_MS = 1_000
const LOOPBACK = /^(?:https?:\/\/)?(?:localhost|127(?:\.\d+){3}|\[::1\])(?:[:/]|$)/

interface SessionParts {
  readonly cluster: Cluster
  readonly settings: KubernetesContainersSettings
  readonly template: PodTemplate
  readonly context: AdapterContext
  readonly closing: FactoryClosing
}

/** A pod in the API server's listing. */
export interface ListedPod extends ListedContainer {
  readonly pod: Pod
}

/** What a factory has between `open()` and `close()`: its API server, one watch, and the pods that it made. */
export class Session implements EngineSession<ListedPod> {
  readonly #pods: Pods
  readonly #parts: SessionParts
  /** Distinguishes this object's pods from those of other processes. */
  readonly #factory: string
  readonly #watch: PodWatch
  readonly #forwarder = new ApiForwarder()
  readonly #starts: Semaphore
  readonly #startsOfUsers: Semaphore
  /** Pods that exist or may: from before the API server is asked to when their objects are gone. */
  readonly #lives = new Map<string, PodLife>()
  /** Pods that could not be removed when that was asked for. */
  readonly #left = new Set<PodLife>()
  readonly #mute = new Set<string>()
  #gateway: Promise<Gateway | undefined> | undefined

  private constructor(parts: SessionParts) {
    const { cluster, settings, context } = parts
    this.#parts = parts
    this.#factory = randomText(context.random, 10).toLowerCase()
    this.#pods = new Pods(cluster.server, cluster.namespace)
    this.#starts = new Semaphore(settings.parallelCreates)
    this.#startsOfUsers = new Semaphore(settings.parallelCreates)
    this.#watch = new PodWatch(
      this.#pods,
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
  static async open(
    settings: KubernetesContainersSettings,
    template: PodTemplate,
    context: AdapterContext,
    closing: FactoryClosing,
  ): Promise<Session> {
    const cluster = await connect(settings, context)
    const session = new Session({ cluster, settings, template, context, closing })
    try {
      await session.#tryOut()
      await session.#watch.open()
      return session
    } catch (error) {
      await session.close()
      throw toPlatformError(error, 'watch of the pods')
    }
  }

  async create(spec: ContainerSpec, stop: AbortSignal, start: StartContainer): Promise<Container> {
    checkImage(spec, this.#parts.settings)
    const plan = await orAborted(this.#plan(spec), stop)
    const name = nameOf(spec.owner, plan.maker)
    const starts = spec.userImage ? this.#startsOfUsers : this.#starts
    return starts.run(() => start(name, (remove) => this.#make(name, plan, stop, remove)), stop)
  }

  async list(owner: ContainerOwner): Promise<readonly ListedPod[]> {
    const { pods } = await this.#pods.list(ownerSelector(owner))
    return pods
      .filter((pod) => isOf(pod, owner) && makerOf(pod) !== undefined)
      .map((pod) => ({ name: pod.metadata.name, pod }))
  }

  summaryOf({ name, pod }: ListedPod): ContainerSummary {
    return { id: name, state: stateOf(pod), labels: specLabelsOf(pod) }
  }

  async remove(name: string): Promise<void> {
    const life = this.#lives.get(name)
    // What is left is tried again when the API server is back.
    if (life && !this.#left.has(life)) await this.#remove(life)
  }

  async reap(listed: readonly ListedPod[], owner: ContainerOwner): Promise<number> {
    // What this session could not remove yet it goes on trying to.
    const left = listed.filter(({ name }) => !this.#lives.has(name))
    if (left.length === 0) return 0
    const { settings, context } = this.#parts
    const { clock, logger } = context
    const lives = new Map(left.map(({ name }) => [name, new PodLife(name, clock)]))
    for (const { name, pod } of left) lives.get(name)!.changed(pod)
    // They are of other factories, whose pods the session's watch does not see.
    const listener = {
      changed: (pod: Pod) => lives.get(pod.metadata.name)?.changed(pod),
      removed: (pod: Pod) => lives.get(pod.metadata.name)?.removed(pod),
      reconnected: () => undefined,
    }
    const watch = new PodWatch(this.#pods, ownerSelector(owner), listener, clock, logger)
    const gate = new Semaphore(PARALLEL_REMOVALS)
    try {
      await watch.open()
      const timeoutMs = settings.destroyTimeoutMs
      await Promise.all(
        Array.from(lives.values(), (life) => gate.run(() => removePod(this.#pods, life, timeoutMs, clock))),
      )
      return left.length
    } finally {
      await watch.close()
    }
  }

  async close(): Promise<void> {
    const { cluster, context } = this.#parts
    if (this.#left.size > 0) await this.#removeLeft()
    if (this.#left.size > 0) {
      const names = Array.from(this.#left, ({ name }) => name)
      context.logger.warn({ pods: names }, 'pods are left behind: the next reaping removes them')
    }
    this.#forwarder.close()
    await this.#watch.close()
    await cluster.server.close()
  }

  toPlatformError(error: unknown, what: string): PlatformError {
    return toPlatformError(error, what)
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

  async #make(name: string, plan: PodPlan, stop: AbortSignal, remove: () => Promise<void>): Promise<Container> {
    const { context } = this.#parts
    const { clock, logger } = context
    const life = new PodLife(name, clock)
    this.#lives.set(name, life)
    try {
      const started = await startPod({ plan, life, pods: this.#pods, context, stop, mute: this.#mute })
      return new KubernetesContainer({ ...started, life, clock, logger, remove })
    } catch (error) {
      if (isPlatformError(error, 'ERR_UNAVAILABLE')) await this.#remove(life, UNSURE_MS)
      throw error
    }
  }

  /** Never rejects: what cannot be removed now is tried again when the API server is back. */
  async #remove(life: PodLife, longestMs?: number): Promise<void> {
    const { settings, context, closing } = this.#parts
    const timeoutMs = Math.min(longestMs ?? (closing.begun.aborted ? CLOSE_MS : Infinity), settings.destroyTimeoutMs)
    try {
      if (!(await removePod(this.#pods, life, timeoutMs, context.clock))) {
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
      await this.#pods.create(podRequest(plan), { dryRun: true })
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

function stateOf(pod: Pod): ContainerSummary['state'] {
  const { phase } = pod.status ?? {}
  return phase === 'Succeeded' || phase === 'Failed' || statusOf(pod)?.state?.terminated ? 'dead' : 'running'
}
