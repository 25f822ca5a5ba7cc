import type { ContainerFactory } from '../container/container-factory.ts'
import type { Lifecycle } from '../lifecycle.ts'
import type { LogStore } from '../log-store/log-store.ts'
import type { Logger } from '../log.ts'
import type { EmitEvent } from '../messages/event-message.ts'
import type { InvokerInstance } from '../messages/invoker-instance.ts'
import type { PlatformLimits } from '../model/platform-limits.ts'
import type { RuntimesManifest } from '../model/runtimes-manifest.ts'
import type { Queue } from '../queue/queue.ts'
import type { ActivationStore } from '../store/activation-store.ts'
import type { EntityStore } from '../store/entity-store.ts'
import type { Clock } from '../time/clock.ts'
import type { Random } from '../time/random.ts'
import type { ContainerListener } from './parts/container-view.ts'
import type { InvokerObserver, PoolGauges } from './parts/observer.ts'
import type { PoolPolicy } from './parts/pool-policy.ts'
import type { UnlockParameter } from './proxy/payload.ts'
import type { StoreLevels } from './record/store-level.ts'

/** What an invoker is made of. The parts are open already; the invoker does not close them. */
export interface InvokerParts {
  readonly instance: InvokerInstance
  /** Label of the installation, see `ContainerOwner`. */
  readonly platform: string
  readonly queue: Queue
  readonly entityStore: EntityStore
  readonly activationStore: ActivationStore
  readonly containers: ContainerFactory
  readonly logStore: LogStore
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  readonly limits: PlatformLimits
  readonly manifest: RuntimesManifest
  readonly options: InvokerOptions
  /** Default: how long containers are kept follows from the options, stem cells from the manifest. */
  readonly policy?: PoolPolicy
  /** Share of the host's processors in use, 0 to 1; the default policy starts fewer containers on a busy host. */
  readonly hostLoad?: () => number
  /** Default: nobody is told. */
  readonly observer?: InvokerObserver
  /** Takes user events. Default: nobody does. */
  readonly emit?: EmitEvent
  /** Without it an activation that brings encrypted parameters ends with a whisk error. */
  readonly unlock?: UnlockParameter
}

export interface InvokerOptions {
  /** Memory that containers may take together, MB. */
  readonly userMemoryMb: number
  /** CPU that containers may take together, cores; undefined: not accounted. */
  readonly userCpus?: number
  /** An idle container is suspended after this time, ms. */
  readonly pauseGraceMs: number
  /** A suspended container is destroyed after this time, ms; counted from the suspension. */
  readonly idleTimeoutMs: number
  /** Containers being made at once. */
  readonly maxParallelStarts: number
  /** Activations that may wait for room before the queue is held back. */
  readonly maxWaiting: number
  /** Runs of an action whose runs are brief that may wait in a container behind the one in progress; 0: none. */
  readonly maxRunsBehind: number
  /** Where actions reach the API: the value of `__OW_API_HOST`. Called at each container start. */
  readonly apiHost: () => string
  /** Environment added to every container. */
  readonly extraEnvironment: Readonly<Record<string, string>>
  /** Which activations leave a record. Default: all. */
  readonly storeLevels?: StoreLevels
}

export const DEFAULT_INVOKER_OPTIONS: Omit<InvokerOptions, 'apiHost'> = {
  userMemoryMb: 2048,
  pauseGraceMs: 10_000,
  idleTimeoutMs: 600_000,
  maxParallelStarts: 3,
  maxWaiting: 1024,
  maxRunsBehind: 31,
  extraEnvironment: {},
}

/**
 * Runs what arrives on its topic. `open` removes containers that an earlier process of the same id left behind.
 * `close` takes at most 15 s: activations that are running then end with a record that says so, and those that are
 * waiting too, unless the queue is durable: then they are given back to it, for whoever takes the topic next.
 */
export interface Invoker extends Lifecycle {
  readonly instance: InvokerInstance

  /**
   * Tells of each container there is, and from then on of each change, synchronously: count and return. Returns how to
   * stop. While nobody watches, it costs nothing.
   */
  watchContainers(listener: ContainerListener): () => void

  /** How its containers and what waits for them stand right now; undefined while it is not open. */
  readonly gauges: PoolGauges | undefined

  /** Whether it takes work: true from `open` on until it is disabled, drained or closed. */
  readonly isEnabled: boolean

  /**
   * Takes work again and tells the controllers. Resolves to false when it did before.
   * @throws ERR_CLOSED not open.
   * @throws ERR_UNAVAILABLE the queue gives no work; it stays disabled.
   */
  enable(): Promise<boolean>

  /**
   * Tells the controllers to send no more, takes for another half second what they sent before they heard, and then
   * leaves its topic alone. What it took goes on; containers stay. Resolves when nothing more is taken, to false when
   * that was so before.
   * @throws ERR_CLOSED not open.
   */
  disable(): Promise<boolean>

  /**
   * Disables itself and finishes what it took, for at most `deadlineMs`. What waits or runs then ends as with `close`,
   * together with all containers; unless it was enabled meanwhile. Resolves to true when everything had
   * ended by itself. Can be enabled again.
   * @throws ERR_CLOSED not open.
   */
  drain(deadlineMs: number): Promise<boolean>
}
