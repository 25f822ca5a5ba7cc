import { assembleInvoker, memoryContainers, type Logger } from '@stemcell/core'
import { Invariants } from './checks/invariants.ts'
import type { Violation } from './checks/ledger.ts'
import { Cluster, type Flaws } from './cluster/cluster.ts'
import { INSTANCES, REPEATABLE } from './cluster/actions.ts'
import { Workload } from './cluster/workload.ts'
import { faultsOf, type Fault } from './faults/fault.ts'
import { Injector } from './faults/injector.ts'
import { chanceOf } from './world/chance.ts'
import type { ServiceName, Weather } from './world/network.ts'

/** What a run is made of; everything else follows from the seed. */
export interface SimulationOptions {
  readonly seed: number
  /** Default: one to three, as the seed has it. */
  readonly controllers?: number
  /** Default: one to four, as the seed has it. */
  readonly invokers?: number
  /** How long clients come, virtual ms. Default 40 s. */
  readonly loadMs?: number
  /** Requests per second. Default: 2 to 16, as the seed has it. */
  readonly perSecond?: number
  /** At most so many requests. */
  readonly requests?: number
  /** Faults in a schedule. Default: none to eight, as the seed has it. */
  readonly faults?: number
  /** Instead of the schedule that follows from the seed. */
  readonly schedule?: readonly Fault[]
  /** Of the schedule only these, by their position. */
  readonly only?: readonly number[]
  /** False: nothing goes wrong by itself, either: no lost message, no failing container. Default true. */
  readonly weather?: boolean
  /** How long after clients have gone everything must be at rest at the latest, virtual ms. Default 300 s. */
  readonly restMs?: number
  readonly flaws?: Flaws
  readonly logger?: Logger
}

/** What came of a run. */
export interface SimulationReport {
  readonly seed: number
  /** Of everything that happened: two runs with the same hash were the same. */
  readonly hash: string
  readonly events: number
  readonly virtualMs: number
  readonly controllers: number
  readonly invokers: number
  /** Requests, each of which is one of the next four: whose answer named an activation, */
  readonly sent: number
  readonly told: number
  /** refused, */
  readonly refused: number
  /** without a controller that answers, */
  readonly broken: number
  /** and given up by a client that hung up. */
  readonly hungUp: number
  /** Activations that somebody was told of: a client, or whoever reads the record of a trigger or a sequence. */
  readonly accepted: number
  readonly started: number
  readonly schedule: readonly Fault[]
  /** None: every promise was kept. A run ends soon after the first. */
  readonly violations: readonly Violation[]
}

/** How long after the last fault everything is at rest, virtual ms: time-outs, takeovers and leases included. */
const REST_MS = 300_000

const CALM: Weather = { latencyMs: [0, 2], slowPerMille: 0, slowMs: 2, lostRequestPerMille: 0, lostAnswerPerMille: 0 }

let prepared: Promise<void> | undefined

/** Loads the code that core loads when it is needed, so that no run has to wait for it. */
function prepare(): Promise<void> {
  prepared ??= assembleInvoker({ containers: memoryContainers(), invokerInstance: {}, apiHost: 'http://none' }).then(
    () => undefined,
    () => undefined,
  )
  return prepared
}

/** Runs the cluster of a seed, and tells which promises it broke. A pure function of its options. */
export async function simulate(options: SimulationOptions): Promise<SimulationReport> {
  await prepare()
  const { seed, loadMs = 40_000, weather = true, restMs = REST_MS } = options
  const chance = chanceOf(seed, 'shape')
  const controllers = options.controllers ?? chance.between(1, 3)
  const invokers = options.invokers ?? chance.between(1, 4)
  const perSecond = options.perSecond ?? chance.between(2, 16)
  const faults = options.faults ?? chance.below(9)
  const given = options.schedule ?? faultsOf({ seed, controllers, invokers, loadMs, faults })
  const schedule = options.only ? given.filter((_, at) => options.only!.includes(at)) : given
  const composites = chance.perMille(500)
  const stormy = weather && !chance.perMille(200)

  const cluster = new Cluster({
    seed,
    controllers,
    invokers,
    drift: weather,
    weather: weatherOf(stormy ? { lostRequestPerMille: 4, lostAnswerPerMille: 4 } : {}),
    containers: {
      startMs: [20, 300],
      runMs: [1, 300],
      failPerMille: stormy ? 12 : 0,
      removeMs: [0, weather ? 400 : 0],
    },
    ...(options.flaws && { flaws: options.flaws }),
    ...(options.logger && { logger: options.logger }),
    repeatable: REPEATABLE,
    instances: INSTANCES,
  })
  const { world, ledger } = cluster
  const unhandled = (error: unknown): void => {
    ledger.violate('unhandled', error instanceof Error ? (error.stack ?? error.message) : String(error))
  }
  process.on('unhandledRejection', unhandled)
  try {
    const workload = new Workload(cluster, seed, composites)
    await cluster.open()
    await workload.addSubjects()
    await world.until(Promise.all(cluster.members.map((member) => cluster.start(member))), 'start')
    await workload.define()
    await world.run(world.clock.monotonic() + 3_000, () => undefined)

    const invariants = new Invariants(cluster, workload, {
      placesAreExact: !composites && !schedule.some((fault) => [fault.service, fault.target].includes('limits')),
    })
    const injector = new Injector(cluster, unhandled)
    injector.plan(schedule)
    workload.run(loadMs, perSecond, options.requests)
    let lookedMs = 0
    const check = (): void => {
      invariants.check()
      const now = world.clock.monotonic()
      if (now - lookedMs < 1_000) return
      lookedMs = now
      invariants.checkSlowly()
    }
    const isBroken = (): boolean => ledger.violations.length > 0
    await world.run(world.clock.monotonic() + loadMs, check, isBroken)
    let quietMs = 0
    const isOver = (): boolean => {
      const now = world.clock.monotonic()
      if (isBroken()) return true
      if (injector.active > 0 || now !== lookedMs || !invariants.isQuiet) {
        if (now === lookedMs) quietMs = now
        return false
      }
      return now - quietMs > 5_000
    }
    quietMs = world.clock.monotonic()
    await world.run(world.clock.monotonic() + restMs, check, isOver)
    if (!isBroken()) invariants.checkAtEnd()
    cluster.end()
    return {
      seed,
      hash: world.journal.hash,
      events: world.events,
      virtualMs: world.clock.monotonic(),
      controllers,
      invokers,
      sent: workload.sent,
      told: workload.told,
      refused: workload.refused,
      broken: workload.broken,
      hungUp: workload.hungUp,
      accepted: ledger.accepted.size,
      started: ledger.startedCount,
      schedule,
      violations: ledger.violations,
    }
  } finally {
    process.off('unhandledRejection', unhandled)
  }
}

function weatherOf(losses: Partial<Weather>): Readonly<Record<ServiceName, Weather>> {
  const stormy = { ...CALM, ...losses, slowPerMille: 20, slowMs: 300 }
  const isCalm = Object.keys(losses).length === 0
  return {
    queue: isCalm ? CALM : stormy,
    records: isCalm ? CALM : stormy,
    entities: isCalm ? CALM : stormy,
    // What a place was given for is known to its limiter, or the place would be lost.
    limits: CALM,
  }
}
