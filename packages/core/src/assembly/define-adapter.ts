import type { Adapter, AdapterModule } from '../adapter.ts'
import type { AuthContext, Auth } from '../auth/auth.ts'
import type { ContainerFactory } from '../container/container-factory.ts'
import { PlatformError } from '../errors.ts'
import type { PoolPolicy } from '../invoker/parts/pool-policy.ts'
import type { LoadBalancer } from '../load-balancer/load-balancer.ts'
import type { LogStore } from '../log-store/log-store.ts'
import type { Queue } from '../queue/queue.ts'
import type { RateLimiter, RateLimiterContext } from '../rate-limiter/rate-limiter.ts'
import { isStandardSchema, type SchemaOutput, type StandardSchema } from '../standard-schema.ts'
import type { ActivationStore } from '../store/activation-store.ts'
import type { EntityStore } from '../store/entity-store.ts'
import type { SubjectStore } from '../store/subject-store.ts'
import type { SystemPackage, SystemPackageContext } from '../system-packages/system-package.ts'
import { PART_NAMES } from './options/part-methods.ts'

/** What each part of a platform is made by, under the name of its option. */
export interface AdapterParts {
  readonly queue: Adapter<Queue>
  readonly entityStore: Adapter<EntityStore>
  readonly subjectStore: Adapter<SubjectStore>
  readonly activationStore: Adapter<ActivationStore>
  readonly auth: Adapter<Auth, AuthContext>
  readonly loadBalancer: Adapter<LoadBalancer>
  readonly containers: Adapter<ContainerFactory>
  readonly logStore: Adapter<LogStore>
  readonly rateLimiter: Adapter<RateLimiter, RateLimiterContext>
  readonly poolPolicy: Adapter<PoolPolicy>
}

type SystemPackageName = `systemPackages.${string}`
type AnySystemPackage = SystemPackage | Adapter<SystemPackage> | Adapter<SystemPackage, SystemPackageContext>

/** What `create` of the part of this name returns; `never` where no part has it, so that a wrong name does not compile. */
export type AdapterOf<Name> = Name extends keyof AdapterParts
  ? AdapterParts[Name]
  : Name extends SystemPackageName
    ? AnySystemPackage
    : never

/** One part, with `create` typed by the schema of its options. */
export interface DefinedPart<Name, Options extends StandardSchema> {
  /** Of any library that speaks Standard Schema; unknown keys must be refused. */
  readonly options: Options
  /** Describes the adapter; connects to nothing. For `folder` see `ConfigurableAdapter`. */
  readonly create: (options: SchemaOutput<Options>, folder?: string) => AdapterOf<Name>
}

/** What `defineAdapter` takes: the parts by the names of their options. */
export interface AdapterDefinition<Schemas extends Readonly<Record<string, StandardSchema>>> {
  readonly provides: { readonly [Name in keyof Schemas]: DefinedPart<Name, Schemas[Name]> }
}

/**
 * The default export of an adapter package's `./adapter` entry, with types: `options` of `create` are what the schema
 * makes of a configuration, what it returns must be an adapter for the part, and misspelt parts do not compile.
 *
 * ```ts
 * export default defineAdapter({
 *   provides: { queue: { options: z.strictObject({ url: z.url() }), create: ({ url }) => natsQueue(url) } },
 * })
 * ```
 * @throws ERR_CONFIG without the compiler: a part has an unknown name, no schema, or no function `create`.
 */
export function defineAdapter<const Schemas extends Readonly<Record<string, StandardSchema>>>(
  definition: AdapterDefinition<Schemas>,
): AdapterModule {
  const parts: Readonly<Record<string, Partial<AdapterModule['provides'][string]>>> = definition.provides as never
  for (const [name, part] of Object.entries(parts)) {
    const refuse = (what: string): never => {
      throw new PlatformError('ERR_CONFIG', `defineAdapter: provides.${name} ${what}`)
    }
    if (!isPartName(name)) refuse(`is no part of a platform; there are ${PART_NAMES.join(', ')}, systemPackages.<name>`)
    if (!isStandardSchema(part.options)) refuse('has no options that are a Standard Schema')
    if (typeof part.create !== 'function') refuse('has no function create')
  }
  return { provides: parts as AdapterModule['provides'] }
}

function isPartName(name: string): boolean {
  return (PART_NAMES as readonly string[]).includes(name) || /^systemPackages\.[^.]+$/.test(name)
}
