import type { Auth } from '../auth/auth.ts'
import type { ContainerFactory } from '../container/container-factory.ts'
import type { LoadBalancer } from '../load-balancer/load-balancer.ts'
import type { LogStore } from '../log-store/log-store.ts'
import type { Logger } from '../log.ts'
import type { PlatformLimits } from '../model/platform-limits.ts'
import type { RuntimesManifest } from '../model/runtimes-manifest.ts'
import type { PoolPolicy } from '../invoker/parts/pool-policy.ts'
import type { Queue } from '../queue/queue.ts'
import type { RateLimiter } from '../rate-limiter/rate-limiter.ts'
import type { ActivationStore } from '../store/activation-store.ts'
import type { EntityStore } from '../store/entity-store.ts'
import type { SubjectStore } from '../store/subject-store.ts'
import type { Clock } from '../time/clock.ts'
import type { Random } from '../time/random.ts'
import { token, type Token } from './token.ts'

export const CLOCK: Token<Clock> = token('Clock')
export const RANDOM: Token<Random> = token('Random')
export const LOGGER: Token<Logger> = token('Logger')
/** Known once the controller is there. */
export const CLUSTER: Token<{ controllers: () => number }> = token('Cluster')
export const LIMITS: Token<PlatformLimits> = token('PlatformLimits')
export const MANIFEST: Token<RuntimesManifest> = token('RuntimesManifest')
export const QUEUE: Token<Queue> = token('Queue')
export const ENTITY_STORE: Token<EntityStore> = token('EntityStore')
export const ACTIVATION_STORE: Token<ActivationStore> = token('ActivationStore')
export const SUBJECT_STORE: Token<SubjectStore> = token('SubjectStore')
export const AUTH: Token<Auth> = token('Auth')
export const LOAD_BALANCER: Token<LoadBalancer> = token('LoadBalancer')
export const CONTAINER_FACTORY: Token<ContainerFactory> = token('ContainerFactory')
export const LOG_STORE: Token<LogStore> = token('LogStore')
export const RATE_LIMITER: Token<RateLimiter> = token('RateLimiter')
/** Not there unless one was given. */
export const POOL_POLICY: Token<PoolPolicy> = token('PoolPolicy')
