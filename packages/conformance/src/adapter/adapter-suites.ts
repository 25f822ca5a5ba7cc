import {
  adapterContext,
  PlatformError,
  standardProblems,
  type ActivationStore,
  type AdapterModule,
  type ConfigurableAdapter,
  type ContainerFactory,
  type EntityStore,
  type LoadBalancer,
  type PoolPolicy,
  type Queue,
  type RateLimiter,
  type SubjectStore,
  type SystemPackage,
} from '@stemcell/core'
import { randomBytes } from 'node:crypto'
import { containerFactoryConformance } from '../containers/container-factory-conformance.ts'
import type { ConformanceOptions } from '../kit/case-suite.ts'
import type { ConformanceSuite } from '../kit/conformance-suite.ts'
import { loadBalancerConformance } from '../load-balancer/load-balancer-conformance.ts'
import { logStoreConformance } from '../log-store/log-store-conformance.ts'
import { poolPolicyConformance } from '../pool-policy/pool-policy-conformance.ts'
import { queueConformance } from '../queue/queue-conformance.ts'
import { rateLimiterConformance } from '../rate-limiter/rate-limiter-conformance.ts'
import { activationStoreConformance } from '../stores/activation-store-conformance.ts'
import { entityStoreConformance, subjectStoreConformance } from '../stores/document-store-conformance.ts'
import { systemPackageConformance } from '../system-packages/system-package-conformance.ts'

/** How one part of an adapter is tested. What else it holds goes to the suite of its kit: hooks, `patienceMs` and so on. */
export interface PartSetup {
  /**
   * What a configuration file would say. `{unique}` in a text stands for a name that no other case has: a prefix of
   * keys, or the end of a folder's name, so that cases do not meet.
   */
  readonly options?: unknown
  /** Case id to issue link: expected to fail, and red on the day it passes. */
  readonly knownFailures?: Readonly<Record<string, string>>
  readonly [option: string]: unknown
}

/** By option of the configuration, as `provides` of the adapter has them. */
export type AdapterSetup = Readonly<Record<string, PartSetup>>

export type AdapterSuite =
  | { readonly part: string; readonly suite: ConformanceSuite }
  /** There is a reason why no kit runs on this part. */
  | { readonly part: string; readonly skipped: string }

/**
 * The kits that fit on what an adapter package offers to configuration files.
 * @throws ERR_CONFIG a part is set up that the adapter does not provide.
 */
export function adapterSuites(module: AdapterModule, setup: AdapterSetup = {}): readonly AdapterSuite[] {
  const parts = Object.keys(module.provides)
  const unknown = Object.keys(setup).filter((part) => !parts.includes(part))
  if (unknown.length > 0) {
    throw new PlatformError(
      'ERR_CONFIG',
      `the set-up names ${unknown.join(', ')}, which the adapter does not provide; it provides ${parts.join(', ')}`,
    )
  }
  return Object.entries(module.provides).map(([part, provided]) => suiteOf(part, provided, setup[part] ?? {}))
}

function suiteOf(part: string, provided: ConfigurableAdapter, setup: PartSetup): AdapterSuite {
  if (part.startsWith('systemPackages.')) {
    const { options, ...rest } = setup
    const create = async (): Promise<SystemPackage> =>
      (await built(provided, options, newName())) as unknown as SystemPackage
    return { part, suite: systemPackageConformance(part, { ...rest, create }) }
  }
  if (part === 'auth') {
    return {
      part,
      skipped: 'who may call is decided by a backend that only you can fill: call authConformance with its fixture',
    }
  }
  const kit = KITS[part]
  if (!kit) return { part, skipped: 'there is no kit for this part' }
  return { part, suite: kit(part, subjects(provided, setup) as never) }
}

const KITS: Readonly<Record<string, (name: string, options: never) => ConformanceSuite>> = {
  queue: (name, options: Subjects<Queue> & Parameters<typeof queueConformance>[1]) => queueConformance(name, options),
  entityStore: (name, options: Parameters<typeof entityStoreConformance<EntityStore>>[1]) =>
    entityStoreConformance(name, options),
  subjectStore: (name, options: Parameters<typeof subjectStoreConformance<SubjectStore>>[1]) =>
    subjectStoreConformance(name, options),
  activationStore: (name, options: Parameters<typeof activationStoreConformance<ActivationStore>>[1]) =>
    activationStoreConformance(name, options),
  loadBalancer: (name, options: Subjects<LoadBalancer>) => loadBalancerConformance(name, options),
  logStore: (name, options: Parameters<typeof logStoreConformance>[1]) => logStoreConformance(name, options),
  poolPolicy: (name, options: Subjects<PoolPolicy>) => poolPolicyConformance(name, options),
  rateLimiter: (name, options: Parameters<typeof rateLimiterConformance>[1] & Subjects<RateLimiter>) =>
    rateLimiterConformance(name, options),
  containers: (name, { create, ...options }: ContainerOptions) => {
    // The kit asks for further factories in the middle of its cases, so that they must be there at once.
    return {
      name: `ContainerFactory conformance: ${name}`,
      tests: [],
      suites: [containerFactoryConformance(name, { ...options, create: () => create.now() })],
      prepare: () => create.ready(),
    }
  },
}

interface ContainerOptions extends Omit<Parameters<typeof containerFactoryConformance>[1], 'create'> {
  readonly create: Creator<ContainerFactory>
}

/** Makes subjects; once `ready`, it can do so without a promise. */
interface Creator<S> {
  (): Promise<S>
  ready(): Promise<void>
  now(): S
}

interface Subjects<S> extends ConformanceOptions<S> {
  readonly reopen: (closed: S) => Promise<S>
  readonly another: (subject: S) => Promise<S>
}

function subjects(provided: ConfigurableAdapter, { options, ...rest }: PartSetup): Subjects<object> {
  const names = new WeakMap<object, string>()
  const create = async (name = newName()): Promise<object> => {
    const subject = await built(provided, options, name)
    names.set(subject, name)
    return subject
  }
  let validated: unknown
  const creator: Creator<object> = Object.assign(() => create(), {
    ready: async () => {
      validated = await validOptions(provided, options, newName())
    },
    now: () => provided.create(validated).build(adapterContext() as never) as object,
  })
  const again = (subject: object): Promise<object> => create(names.get(subject))
  return { another: again, reopen: again, ...rest, create: creator }
}

async function built(provided: ConfigurableAdapter, options: unknown, name: string): Promise<object> {
  const adapter = provided.create(await validOptions(provided, options, name))
  // A system package is a description itself.
  return 'build' in adapter ? (adapter.build(adapterContext() as never) as object) : adapter
}

async function validOptions({ options: schema }: ConfigurableAdapter, given: unknown, name: string): Promise<unknown> {
  const result = await schema['~standard'].validate(named(given ?? {}, name))
  if (!result.issues) return result.value
  throw new PlatformError('ERR_CONFIG', `the options of the set-up: ${standardProblems(result.issues)}`)
}

function newName(): string {
  return `kit-${randomBytes(8).toString('hex')}`
}

/** Every `{unique}` in a text replaced. */
function named(value: unknown, name: string): unknown {
  if (typeof value === 'string') return value.replaceAll('{unique}', name)
  if (Array.isArray(value)) return value.map((item) => named(item, name))
  if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== Object.prototype) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, named(item, name)]))
}
