import {
  PlatformError,
  type AdapterContext,
  type Container,
  type ContainerCapabilities,
  type ContainerFactory,
  type ContainerOwner,
  type ContainerSpec,
  type ContainerSummary,
} from '@stemcell/core'
import { Semaphore } from '@stemcell/core/container-engine'
import { toPlatformError } from './api/api-refusal.ts'
import type { Pod } from './api/pod.ts'
import { PodWatch } from './api/pod-watch.ts'
import { connect } from './cluster/connect.ts'
import type { KubernetesContainersSettings } from './kubernetes-containers-options.ts'
import { isOf, makerOf, ownerSelector, specLabelsOf } from './pod/pod-labels.ts'
import { PodLife } from './pod/pod-life.ts'
import type { PodTemplate } from './pod/pod-template.ts'
import { statusOf } from './pod/pod-verdict.ts'
import { removePod } from './pod/remove-pod.ts'
import { Session } from './session.ts'

const PARALLEL_REMOVALS = 32

/** Makes each container as a pod. */
export class KubernetesContainerFactory implements ContainerFactory {
  readonly capabilities: ContainerCapabilities
  readonly #settings: KubernetesContainersSettings
  readonly #template: PodTemplate
  readonly #context: AdapterContext
  #opening: Promise<Session> | undefined
  #session: Session | undefined
  #closing: Promise<void> = Promise.resolve()

  constructor(settings: KubernetesContainersSettings, template: PodTemplate, context: AdapterContext) {
    this.#settings = settings
    this.#template = template
    this.#context = context
    this.capabilities = {
      suspend: false,
      memoryLimit: true,
      cpuLimit: true,
      images: settings.userImages,
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
    return this.#opened().create(spec, signal)
  }

  async list(owner: ContainerOwner): Promise<readonly ContainerSummary[]> {
    const found = await this.#found(this.#opened(), owner)
    return found.map((pod) => ({ id: pod.metadata.name, state: stateOf(pod), labels: specLabelsOf(pod) }))
  }

  async reap(owner: ContainerOwner): Promise<number> {
    const session = this.#opened()
    const left = (await this.#found(session, owner)).filter((pod) => !session.has(pod))
    if (left.length === 0) return 0
    const { clock, logger } = this.#context
    const lives = new Map(left.map((pod) => [pod.metadata.name, new PodLife(pod.metadata.name, clock)]))
    for (const pod of left) lives.get(pod.metadata.name)!.changed(pod)
    // They are of other factories, whose pods the session's watch does not see.
    const listener = {
      changed: (pod: Pod) => lives.get(pod.metadata.name)?.changed(pod),
      removed: (pod: Pod) => lives.get(pod.metadata.name)?.removed(pod),
      reconnected: () => undefined,
    }
    const watch = new PodWatch(session.pods, ownerSelector(owner), listener, clock, logger)
    const gate = new Semaphore(PARALLEL_REMOVALS)
    try {
      await watch.open()
      const timeoutMs = this.#settings.destroyTimeoutMs
      await Promise.all(
        Array.from(lives.values(), (life) => gate.run(() => removePod(session.pods, life, timeoutMs, clock))),
      )
      return left.length
    } catch (error) {
      throw toPlatformError(error, 'removal of left-over pods')
    } finally {
      await watch.close()
    }
  }

  async #open(): Promise<Session> {
    const cluster = await connect(this.#settings, this.#context)
    const session = new Session({ cluster, settings: this.#settings, template: this.#template, context: this.#context })
    try {
      await session.open()
      return session
    } catch (error) {
      await session.close()
      throw error
    }
  }

  async #found(session: Session, owner: ContainerOwner): Promise<readonly Pod[]> {
    try {
      const { pods } = await session.pods.list(ownerSelector(owner))
      return pods.filter((pod) => isOf(pod, owner) && makerOf(pod) !== undefined)
    } catch (error) {
      throw toPlatformError(error, 'list of pods')
    }
  }

  #opened(): Session {
    if (!this.#session) throw new PlatformError('ERR_CLOSED', 'the container factory is not open')
    return this.#session
  }
}

function stateOf(pod: Pod): ContainerSummary['state'] {
  const { phase } = pod.status ?? {}
  return phase === 'Succeeded' || phase === 'Failed' || statusOf(pod)?.state?.terminated ? 'dead' : 'running'
}
