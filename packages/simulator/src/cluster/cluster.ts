import {
  assembleController,
  assembleInvoker,
  ENTITY_INDEXES,
  fixedPolicy,
  isPlatformError,
  MemoryDocumentStore,
  silentLogger,
  storeAuth,
  SUBJECT_INDEXES,
  type Logger,
  type PlatformOptions,
} from '@stemcell/core'
import { Ledger } from '../checks/ledger.ts'
import { Broker, type BrokerFlaws } from '../services/broker.ts'
import { ContainerEngine, type ContainerWeather, type EngineFlaws } from '../services/container-engine.ts'
import { LimitServer, RemoteLimiter } from '../services/limiter.ts'
import { QueueClient, type ClientFlaws } from '../services/queue-client.ts'
import { RecordServer, RemoteDocuments, RemoteRecords, type RecordFlaws } from '../services/remote-stores.ts'
import { SEQUENCES } from './actions.ts'
import { chanceOf } from '../world/chance.ts'
import { Host } from '../world/host.ts'
import { Network, type ServiceName, type Weather } from '../world/network.ts'
import { settle, World } from '../world/world.ts'
import type { ControllerMember, InvokerMember, Member } from './member.ts'

/** Memory for containers of each invoker, MB. */
export const INVOKER_MEMORY_MB = 1_024

/** How long a member that does not start is left alone before it tries again, ms. */
const START_AGAIN_MS = 1_000

/** What parts of a platform do wrong when they are told to. */
export interface Flaws {
  readonly broker?: BrokerFlaws
  readonly client?: ClientFlaws
  readonly records?: RecordFlaws
  readonly engine?: EngineFlaws
}

/** What a cluster is made of, and how its surroundings behave by themselves. */
export interface ClusterOptions {
  readonly seed: number
  readonly controllers: number
  readonly invokers: number
  /** Clocks of members differ from each other. */
  readonly drift: boolean
  readonly weather: Readonly<Record<ServiceName, Weather>>
  readonly containers: ContainerWeather
  readonly flaws?: Flaws
  readonly logger?: Logger
  /** Actions that may be started more than once. */
  readonly repeatable: readonly string[]
  /** How many containers an action may have on an invoker, where that is bounded. */
  readonly instances: ReadonlyMap<string, number>
}

/** How long a controller may go by limits of a namespace that have been changed, ms. */
export const LIMITS_STALE_MS = 20_000

const LIMITS: NonNullable<PlatformOptions['limits']> = {
  timeoutMs: { min: 100, std: 5_000, max: 60_000 },
  concurrency: { min: 1, std: 1, max: 10 },
  maxBlockingWaitMs: 10_000,
  completionTimeoutAddonMs: 20_000,
  invocationsPerMinute: 100_000,
  concurrentInvocations: 60,
  firesPerMinute: 100_000,
}

const MANIFEST = {
  runtimes: {
    nodejs: [
      { kind: 'nodejs:20', default: true, image: { name: 'n' }, stemCells: [{ initialCount: 1, memory: '128 MB' }] },
    ],
  },
}

/** Controllers and invokers as they ship, each in a process of its own that exists only here. */
export class Cluster {
  readonly world: World = new World()
  readonly network: Network
  readonly broker: Broker
  readonly ledger: Ledger
  readonly limits: LimitServer
  readonly records: RecordServer
  readonly controllers: readonly ControllerMember[]
  readonly invokers: readonly InvokerMember[]
  readonly #options: ClusterOptions
  readonly #entities = new MemoryDocumentStore(ENTITY_INDEXES)
  readonly subjects: MemoryDocumentStore = new MemoryDocumentStore(SUBJECT_INDEXES)
  readonly #engines: readonly ContainerEngine[]
  #loading: Promise<void> = Promise.resolve()

  constructor(options: ClusterOptions) {
    const { seed, flaws = {} } = options
    const { clock } = this.world
    this.#options = options
    this.network = new Network(clock, seed, options.weather)
    this.broker = new Broker(clock, chanceOf(seed, 'broker'), flaws.broker)
    this.ledger = new Ledger(this.world, {
      invokerMemoryMb: INVOKER_MEMORY_MB,
      repeatable: options.repeatable,
      instances: options.instances,
      lengths: new Map([...SEQUENCES].map(([name, steps]) => [name, steps.length])),
      limits: {
        concurrentInvocations: LIMITS.concurrentInvocations!,
        invocationsPerMinute: LIMITS.invocationsPerMinute!,
      },
      limitsStaleMs: LIMITS_STALE_MS,
    })
    this.limits = new LimitServer(clock, (host, request) => this.ledger.limitsUsed(host, request))
    this.records = new RecordServer((record, outcome) => this.ledger.stored(record, outcome))
    const down = { host: undefined, lives: 0, retired: false, node: undefined, gauges: undefined }
    this.controllers = Array.from({ length: options.controllers }, (_, number) => ({
      ...down,
      wall: { jumpedMs: 0 },
      kind: 'controller',
      name: `controller${number}`,
      number,
      limiter: undefined,
    }))
    this.invokers = Array.from({ length: options.invokers }, (_, number) => ({
      ...down,
      wall: { jumpedMs: 0 },
      kind: 'invoker',
      name: `invoker${number}`,
      number,
    }))
    this.#engines = this.invokers.map(
      ({ name }) =>
        new ContainerEngine(
          name,
          clock,
          chanceOf(seed, `engine ${name}`),
          options.containers,
          this.ledger,
          flaws.engine,
        ),
    )
  }

  get members(): readonly Member[] {
    return [...this.controllers, ...this.invokers]
  }

  /** Opens what members find when they start. */
  async open(): Promise<void> {
    await Promise.all([this.#entities.open(), this.subjects.open(), this.records.open()])
  }

  /** Starts a member, again and again until it runs; resolves then, or when it is killed meanwhile. */
  async start(member: Member): Promise<void> {
    member.lives++
    const { seed, drift } = this.#options
    const chance = chanceOf(seed, `clock ${member.name} ${member.lives}`)
    const host = new Host(
      member.name,
      this.world.clock,
      drift ? { rate: 1 + chance.between(-500, 500) / 1e6, offsetMs: chance.between(-400, 400) } : undefined,
      member.wall,
    )
    member.host = host
    for (let attempt = 1; !host.isDead; attempt++) {
      try {
        const opening = member.kind === 'controller' ? this.#controller(member, host) : this.#invoker(member, host)
        await opening
        this.world.journal.note(`${member.name} is up`)
        return
      } catch (error) {
        if (!isPlatformError(error)) throw error
        this.world.journal.note(`${member.name} did not start: ${error.code}`)
        // Another life, for chance: its ids must be others.
        member.lives++
        await host.sleep(START_AGAIN_MS)
      }
    }
  }

  /** The process is gone from one event to the next. */
  crash(member: Member): void {
    const { host } = member
    if (!host || host.isDead) return
    this.world.journal.note(`${member.name} crashes`)
    host.kill()
    this.limits.died(host)
    member.node = undefined
    member.gauges = undefined
    if (member.kind === 'controller') member.limiter = undefined
  }

  /** Stops it as an operator does, and starts it again. */
  async restart(member: Member, drainMs: number): Promise<void> {
    const { node, host } = member
    if (!node || !host?.isRunning) return
    this.world.journal.note(`${member.name} is stopped`)
    member.node = undefined
    member.gauges = undefined
    await node.close({ drainMs })
    this.crash(member)
    await this.start(member)
  }

  /** Nothing more happens: what is left is garbage. */
  end(): void {
    for (const { host } of this.members) host?.kill()
    this.broker.stop()
  }

  async #controller(member: ControllerMember, host: Host): Promise<void> {
    const limiter = new RemoteLimiter(host, this.network, this.limits)
    const node = await this.#begun(host, () =>
      assembleController({
        ...this.#common(host, member),
        subjectStore: new RemoteDocuments(host, this.network, this.subjects),
        auth: storeAuth({ maxStalenessMs: LIMITS_STALE_MS, unknownStalenessMs: 0 }),
        rateLimiter: limiter,
        controllerId: `${member.number}`,
        retention: false,
        observers: { controller: { gauges: (gauges) => (member.gauges = gauges) } },
      }),
    )
    if (host.isDead) return
    member.limiter = limiter
    member.node = node
  }

  async #invoker(member: InvokerMember, host: Host): Promise<void> {
    const times = { pauseGraceMs: 400, idleTimeoutMs: 8_000 }
    const node = await this.#begun(host, () =>
      assembleInvoker({
        ...this.#common(host, member),
        containers: this.#engines[member.number]!.factoryOf(
          host,
          chanceOf(this.#options.seed, `containers ${member.name} ${member.lives}`),
        ),
        // The built-in one looks at how busy this computer is.
        poolPolicy: fixedPolicy(times),
        invoker: { ...times, userMemoryMb: INVOKER_MEMORY_MB, maxParallelStarts: 3 },
        invokerInstance: { id: member.number },
        apiHost: 'http://simulated',
        observers: {
          invoker: {
            gauges: (gauges) => (member.gauges = gauges),
          },
        },
      }),
    )
    if (host.isDead) return
    member.node = node
  }

  #common(host: Host, member: Member) {
    const { seed, flaws = {}, logger = silentLogger } = this.#options
    return {
      clock: host,
      random: chanceOf(seed, `${member.name} ${member.lives}`),
      logger: logger.child({ member: member.name }),
      queue: new QueueClient(host, this.network, this.broker, flaws.client),
      entityStore: new RemoteDocuments(host, this.network, this.#entities),
      activationStore: new RemoteRecords(host, this.network, this.records, flaws.records),
      limits: LIMITS,
      manifest: MANIFEST,
      build: { date: '2024-01-01T00:00:00Z', number: 'simulated' },
    }
  }

  /** Code that is loaded when it is needed takes time that is not of this world: one after the other, and nothing else. */
  async #begun<T>(host: Host, assemble: () => Promise<T>): Promise<T> {
    const goOn = this.world.hold()
    const earlier = this.#loading
    let loaded = (): void => undefined
    this.#loading = new Promise((resolve) => (loaded = resolve))
    await earlier
    const before = host.timersSet
    const made = assemble()
    let failed = false
    made.catch(() => (failed = true))
    while (host.timersSet === before && !failed) await settle()
    loaded()
    goOn()
    return made
  }
}
