import type { Auth, AuthContext } from '../auth/auth.ts'
import type { ContainerFactory } from '../container/container-factory.ts'
import type { ApiOptions } from '../controller/parts/api-options.ts'
import type { RetentionOptions } from '../controller/activations/record-retention.ts'
import type { OpenRoute } from '../controller/http/route.ts'
import type { ServerLink } from '../controller/parts/server-link.ts'
import type { ControllerObserver } from '../controller/parts/observer.ts'
import type { InvokerOptions } from '../invoker/invoker.ts'
import type { InvokerObserver } from '../invoker/parts/observer.ts'
import type { PoolPolicy } from '../invoker/parts/pool-policy.ts'
import type { LoadBalancer } from '../load-balancer/load-balancer.ts'
import type { LogStore } from '../log-store/log-store.ts'
import type { Logger } from '../log.ts'
import type { EventMessage } from '../messages/event-message.ts'
import type { ParameterEncryption } from '../model/parameter-cipher.ts'
import type { PlatformLimits } from '../model/platform-limits.ts'
import type { RuntimesManifestSource } from '../model/runtimes-manifest.ts'
import type { Tracer } from '../model/tracer.ts'
import type { StoreLevel, StoreLevels } from '../model/store-level.ts'
import type { Queue } from '../queue/queue.ts'
import type { RateLimiter, RateLimiterContext } from '../rate-limiter/rate-limiter.ts'
import type { ActivationStore } from '../store/activation-store.ts'
import type { EntityStore } from '../store/entity-store.ts'
import type { SubjectStore } from '../store/subject-store.ts'
import type { SystemPackage, SystemPackageContext } from '../system-packages/system-package.ts'
import type { Clock } from '../time/clock.ts'
import type { Random } from '../time/random.ts'
import type { Adapter, AdapterContext } from '../adapter.ts'
import type { Mount } from './mount.ts'

/** A part of a platform: an adapter, or an instance that the caller made. The platform opens and closes either. */
export type Part<T, C extends AdapterContext = AdapterContext> = T | Adapter<T, C>

/**
 * Called synchronously on the way of requests: count and return. What is not given is not reported. One that throws, or
 * whose promise rejects, is logged once and changes nothing else.
 */
export interface PlatformObservers {
  readonly controller?: ControllerObserver
  readonly invoker?: InvokerObserver
  /** User events, whether they are published or not. */
  readonly event?: (event: EventMessage) => void
}

/** Limits of which anything may be left out. */
export type PartialLimits = { readonly [K in keyof PlatformLimits]?: Partial<PlatformLimits[K]> | undefined }

/** Who an invoker is. */
export interface InvokerIdentity {
  /** 0 or more; unique in the cluster. */
  readonly id?: number
  /** Unique in the cluster. */
  readonly uniqueName?: string
  /** Shown to operators. */
  readonly displayedName?: string
  readonly tags?: readonly string[]
  /** When not empty, only actions of these namespaces are run. */
  readonly dedicatedNamespaces?: readonly string[]
}

/** The options of a controller whose invokers are elsewhere. */
export type ControllerOptions = Omit<PlatformOptions, 'containers' | 'poolPolicy' | 'invoker' | 'invokerInstance'>

/** The options of an invoker whose controllers are elsewhere. */
export interface InvokerNodeOptions extends Omit<
  PlatformOptions,
  | 'auth'
  | 'loadBalancer'
  | 'rateLimiter'
  | 'routes'
  | 'links'
  | 'tracer'
  | 'mounts'
  | 'systemPackages'
  | 'api'
  | 'maxWaiting'
  | 'retention'
  | 'controllerId'
> {
  readonly invokerInstance: InvokerIdentity
  /** What actions get as `__OW_API_HOST`. */
  readonly apiHost: string
}

/**
 * What a platform is made of. Everything is kept in memory unless an adapter is given; only `containers` has no
 * default.
 */
export interface PlatformOptions {
  /** Needed wherever there is an invoker. */
  readonly containers: Part<ContainerFactory>
  readonly queue?: Part<Queue>
  readonly entityStore?: Part<EntityStore>
  readonly subjectStore?: Part<SubjectStore>
  readonly activationStore?: Part<ActivationStore>
  /** Default: basic authentication against the subject store. */
  readonly auth?: Part<Auth, AuthContext>
  /** Default: least loaded; of a controller in a cluster: sharding. */
  readonly loadBalancer?: Part<LoadBalancer>
  readonly logStore?: Part<LogStore>
  readonly rateLimiter?: Part<RateLimiter, RateLimiterContext>
  /** Default: fixed times, as `invoker` and the manifest say. */
  readonly poolPolicy?: Part<PoolPolicy>

  readonly clock?: Clock
  readonly random?: Random
  /** Default: silent. A pino logger is assignable, and so is `console`. */
  readonly logger?: Logger | Console

  /** Bounds and defaults; those not given are OpenWhisk's. A `std` that is not given follows its bounds. */
  readonly limits?: PartialLimits
  /** Whether default parameters of actions and packages are stored encrypted. Default: they are not. */
  readonly parameterEncryption?: ParameterEncryption
  /** How long activation records are kept; false: for ever. Default: 7 days. */
  readonly retention?: RetentionOptions | false
  readonly api?: ApiOptions
  /** Further paths that the REST API serves without credentials, such as `/metrics`. */
  readonly routes?: readonly OpenRoute[]
  /** What else is there, such as an API gateway: `GET /` says it in the header `Link`. Asked for each answer. */
  readonly links?: () => readonly ServerLink[]
  /** Paths that are answered by somebody else, such as a page. They win over the API's. */
  readonly mounts?: readonly Mount[]
  /**
   * Packages of namespace `whisk.system` whose actions run inside the controller. Where the entity store has a package
   * of the same name there, that one is served instead. Default: none.
   */
  readonly systemPackages?: readonly Part<SystemPackage, SystemPackageContext>[]
  /** Decides which requests are traced. Default: none is. */
  readonly tracer?: Tracer
  /** Told what happens, for metrics. */
  readonly observers?: PlatformObservers
  /** Whether user events are published on the topic `events` of the queue. Default false. */
  readonly userEvents?: boolean
  /** Which activations leave a record. Default: all. */
  readonly storeLevels?: { readonly [kind in keyof StoreLevels]?: StoreLevel | undefined }
  /** OpenWhisk's older option: without a level for blocking activations, only those that fail leave a record. */
  readonly disableStoreResult?: boolean
  /** OpenWhisk's runtimes manifest. Default: Node.js kinds on Stemcell's own image. */
  readonly manifest?: RuntimesManifestSource

  /** Identifies the installation on a shared container engine. Default `stemcell`. */
  readonly platformId?: string
  readonly controllerId?: string
  /** Activations that may wait for a slot. Default 4096. */
  readonly maxWaiting?: number
  readonly invoker?: Partial<Omit<InvokerOptions, 'apiHost' | 'storeLevels'>>
  readonly invokerInstance?: Omit<InvokerIdentity, 'id'>
  /** What actions get as `__OW_API_HOST`. Default: where the platform listens, if it does. */
  readonly apiHost?: string
  /** How long each part may take to open, and to close, ms. Default 60 s. */
  readonly openTimeoutMs?: number
  /** Shown by `GET /api/v1`. */
  readonly build?: { readonly date: string; readonly number: string }
}

/** The options of a node that runs any part of a platform. */
export type NodeOptions = Omit<PlatformOptions, 'containers'> & Partial<Pick<PlatformOptions, 'containers'>>
