import { ActionHistories } from '../../load-balancer/action-histories.ts'
import type { LoadBalancer } from '../../load-balancer/load-balancer.ts'
import type { Logger } from '../../log.ts'
import type { Acknowledgement } from '../../messages/acknowledgement.ts'
import { HEALTH_TOPIC, readPing } from '../../messages/ping.ts'
import type { Delivery, Queue, Subscription } from '../../queue/queue.ts'
import type { Clock, Timer } from '../../time/clock.ts'
import type { Random } from '../../time/random.ts'
import { ClusterState } from './cluster-state.ts'
import { PROBE_TRANSACTION, type HealthProbe } from './health-probe.ts'
import type { InvokerOutcome } from './invoker-health.ts'

export interface SupervisorParts {
  readonly controllerId: string
  readonly queue: Queue
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  /** Sends test actions. Without it every invoker that pings is taken for healthy. */
  readonly probe?: HealthProbe
  /** Where it uses the history of activations, that is kept. */
  readonly loadBalancer?: LoadBalancer
}

const PERIOD_MS = 1_000
/** A tick that comes later than this after the one before means that this process did not run, ms. */
const STOOD_STILL_MS = 5_000
/** Within this time of its own start a controller has heard every invoker that lives, and seen it run a test action, ms. */
const NEW_FOR_MS = 3_000
const RETENTION_MS = 3_600_000

/** Keeps the picture of the invokers up to date: hears their pings, notices silence, sends test actions. */
export class Supervisor {
  readonly cluster: ClusterState
  readonly #parts: SupervisorParts
  readonly #onRoom: () => void
  #subscription: Subscription | undefined
  #timer: Timer | undefined
  #tickedMs = 0
  #newUntilMs = 0
  readonly #whenHealthy: (() => void)[] = []

  /** `onRoom` is called when there may be room for what waits: at once when an invoker came, and each second. */
  constructor(parts: SupervisorParts, onRoom: () => void) {
    this.#parts = parts
    this.#onRoom = onRoom
    this.cluster = new ClusterState(parts.random, {
      supervised: parts.probe !== undefined,
      ...(parts.loadBalancer?.usesHistory === true
        ? { histories: new ActionHistories(() => parts.clock.monotonic()) }
        : {}),
    })
  }

  async open(): Promise<void> {
    const { queue, controllerId } = this.#parts
    await queue.ensureTopic(HEALTH_TOPIC, { retentionMs: RETENTION_MS })
    const options = { group: `${HEALTH_TOPIC}${controllerId}`, concurrency: 1, repeatable: true }
    this.#subscription = await queue.subscribe(HEALTH_TOPIC, options, (delivery) => this.#pinged(delivery))
    this.#tickedMs = this.#parts.clock.monotonic()
    if (this.#parts.probe) this.#newUntilMs = this.#tickedMs + NEW_FOR_MS
    this.#tick()
  }

  /** That no invoker will do does not mean much yet: they have hardly had the time to say that they are there. */
  get isNew(): boolean {
    return this.#parts.clock.monotonic() < this.#newUntilMs
  }

  /** Resolves when there is a healthy invoker. */
  whenHealthy(): Promise<void> {
    if (this.cluster.countStates().healthy > 0) return Promise.resolve()
    return new Promise((resolve) => this.#whenHealthy.push(resolve))
  }

  #usable(): void {
    for (const resolve of this.#whenHealthy.splice(0)) resolve()
    this.#onRoom()
  }

  async close(): Promise<void> {
    this.#timer?.cancel()
    await this.#subscription?.close()
    this.#subscription = undefined
  }

  /** An activation ended on the invoker, or did not end in time. */
  outcome(invoker: number, outcome: InvokerOutcome): void {
    if (this.cluster.outcome(invoker, outcome, this.#parts.clock.monotonic())) this.#usable()
    if (this.cluster.invokers[invoker]?.state !== 'healthy') this.#probe()
  }

  /** Takes the acknowledgement of a test action; false when it is of something else. */
  probed({ transaction, completion }: Acknowledgement): boolean {
    if (transaction.id !== PROBE_TRANSACTION) return false
    if (completion) this.outcome(completion.instance.id, completion.systemError ? 'system-error' : 'success')
    return true
  }

  #pinged({ body }: Delivery): void {
    try {
      const becameUsable = this.cluster.ping(readPing(body), this.#parts.clock.monotonic())
      if (becameUsable) this.#usable()
      this.#probe()
    } catch (err) {
      this.#parts.logger.warn({ err }, 'unreadable ping dropped')
    }
  }

  #tick(): void {
    const now = this.#parts.clock.monotonic()
    // Nobody was silent who was not listened to.
    if (now - this.#tickedMs > STOOD_STILL_MS) this.cluster.excuse(now)
    this.#tickedMs = now
    this.cluster.watch(now)
    this.#probe()
    this.#onRoom()
    this.#timer = this.#parts.clock.setTimer(PERIOD_MS, () => this.#tick())
  }

  #probe(): void {
    const { probe, clock } = this.#parts
    if (!probe) return
    for (const invoker of this.cluster.probesDue(clock.monotonic())) void probe.send(invoker)
  }
}
