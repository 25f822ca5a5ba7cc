import type { Auth } from '../../auth/auth.ts'
import type { LoadBalancer } from '../../load-balancer/load-balancer.ts'
import type { LogStore } from '../../log-store/log-store.ts'
import type { Logger } from '../../log.ts'
import type { ApiOptions } from './api-options.ts'
import type { ServerLink } from './server-link.ts'
import type { OpenRoute } from '../http/route.ts'
import type { ControllerObserver } from './observer.ts'
import type { EmitEvent } from '../../messages/event-message.ts'
import type { AuthKey } from '../../model/identity.ts'
import type { ParameterCipher } from '../../model/parameter-cipher.ts'
import type { PlatformLimits } from '../../model/platform-limits.ts'
import type { RuntimesManifest } from '../../model/runtimes-manifest.ts'
import type { Tracer } from '../../model/tracer.ts'
import type { StoreLevels } from '../../model/store-level.ts'
import type { Queue } from '../../queue/queue.ts'
import type { RateLimiter } from '../../rate-limiter/rate-limiter.ts'
import type { ActivationStore } from '../../store/activation-store.ts'
import type { EntityStore } from '../../store/entity-store.ts'
import type { ApiClient, SystemPackage } from '../../system-packages/system-package.ts'
import type { Clock } from '../../time/clock.ts'
import type { Random } from '../../time/random.ts'

/** What a controller is made of. The parts are open already; the controller does not close them. */
export interface ControllerParts {
  /** `[a-zA-Z0-9._-]+`, unique in the cluster. */
  readonly id: string
  readonly queue: Queue
  readonly entityStore: EntityStore
  readonly activationStore: ActivationStore
  readonly auth: Auth
  readonly loadBalancer: LoadBalancer
  readonly logStore: LogStore
  readonly rateLimiter: RateLimiter
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  readonly limits: PlatformLimits
  readonly manifest: RuntimesManifest
  /** Encrypts parameters of actions and packages on their way into the store. Default: none is encrypted. */
  readonly cipher?: ParameterCipher
  /**
   * Whether other controllers share the queue and invokers come and go: this one then tells of itself, runs test
   * actions on invokers, and finishes what those who went away had begun. Default false: it is alone.
   */
  readonly clustered?: boolean
  /** Shown by `GET /api/v1`. */
  readonly build: { readonly date: string; readonly number: string }
  /** Activations that may wait for a slot. Default 4096. */
  readonly maxWaiting?: number
  readonly api?: ApiOptions
  /** Further paths that are served without credentials. */
  readonly routes?: readonly OpenRoute[]
  /** See `PlatformOptions`. */
  readonly links?: () => readonly ServerLink[]
  /** Path of the console, where there is one: the page of `GET /` shows it. */
  readonly console?: string
  /** Default: nobody is told. */
  readonly observer?: ControllerObserver
  /** Default: nothing is traced. */
  readonly tracer?: Tracer
  /** What runs inside the controller. Default: nothing does. */
  readonly system?: SystemParts
  /** Takes user events. Default: nobody does. */
  readonly emit?: EmitEvent
  /** Whether the log store is asked for logs of activations without a record. Default false. */
  readonly logsOutliveRecords?: boolean
  /** Which sequences, compositions and triggers leave a record. Default: all. */
  readonly storeLevels?: StoreLevels
}

/** Packages of `whisk.system` that the platform brings. They are opened and closed by whoever made them. */
export interface SystemParts {
  readonly packages: readonly SystemPackage[]
  /** The REST API in the name of the owner of a key. */
  readonly clientOf: (key: AuthKey) => ApiClient
  /** Where actions find the REST API; empty when it has no port. */
  readonly apiHost: () => string
}
