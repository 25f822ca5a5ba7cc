import type { Container, ContainerFactory, ContainerSpec } from '../../container/container-factory.ts'
import type { Logger } from '../../log.ts'
import type { Clock } from '../../time/clock.ts'
import { Deadline, Deadlines } from '../../time/deadlines.ts'
import type { Brevity } from '../parts/brevity.ts'
import type { ContainerOwnerView } from '../parts/container-view.ts'
import type { Job, Verdict } from '../parts/job.ts'
import { Link } from '../parts/linked-list.ts'
import type { IdleContainer, KeepAlive, PoolPolicy, Prewarm } from '../parts/pool-policy.ts'
import type { Resources } from '../parts/resources.ts'
import { retryUntilDone } from '../../retry-until-done.ts'
import { within } from '../../time/within.ts'
import { transition, type ContainerAction, type ContainerEvent, type ContainerState } from './container-states.ts'

/** A container that hangs while it is suspended or resumed is given up after this time. */
const SUSPEND_LIMIT_MS = 10_000

/** A run that takes longer than this lets those behind it go elsewhere. */
const PATIENCE_MS = 30

/** The pool, as its containers see it. Every call is synchronous and comes at most once where it says so. */
export interface ProxyHost {
  /** Once: the start has ended, well or not, and another may begin. */
  startEnded(proxy: ContainerProxy, error: unknown): void
  /** Once, if it was started as a stem cell: it is up. */
  stemReady(proxy: ContainerProxy): void
  /** A job was run by an initialised container, in this time. */
  ran(proxy: ContainerProxy, ms: number, brief: boolean): void
  /** A job ended and another one may take its place. */
  freed(proxy: ContainerProxy): void
  /** It is being suspended. */
  parked(proxy: ContainerProxy): void
  /** Once: never use it again; its resources are still taken. */
  withdrawn(proxy: ContainerProxy): void
  /** Once, after `withdrawn`: its resources are free. */
  gone(proxy: ContainerProxy): void
  /** A container like it is to be made later. */
  prewarm(preparation: Job, prewarm: Prewarm): void
  /** A job that did not start comes back. */
  returned(job: Job): void
  /** A job comes back that waited behind others. */
  recalled(job: Job): void
  /** It is in another state. */
  changed?(proxy: ContainerProxy): void
}

export interface ProxyParts {
  readonly host: ProxyHost
  readonly factory: ContainerFactory
  readonly clock: Clock
  readonly policy: PoolPolicy
  readonly logger: Logger
  /** Aborts when waiting for a container to go is given up. */
  readonly giveUp: AbortSignal
}

/** Drives one container through its states. */
export class ContainerProxy implements IdleContainer {
  readonly need: Resources
  /** Jobs inside at once. */
  maxConcurrent: number
  /** What its jobs have in common; undefined while it is a stem cell. */
  key: string | undefined
  readonly stemKey: string | undefined
  idleSinceMs = 0
  /** As the policy said when it became idle. */
  worth = 0
  heapAt = -1
  /** Tells it from the others of its pool. */
  number = 0
  /** What operators see; undefined while it is a stem cell. */
  owner: ContainerOwnerView | undefined
  /** Jobs given to it that have not ended. */
  active = 0
  /** Position among the containers of its action, or among the stem cells. */
  readonly place: Link<ContainerProxy> = new Link<ContainerProxy>(this)
  /** Position among all idle containers. */
  readonly idlePlace: Link<ContainerProxy> = new Link<ContainerProxy>(this)
  readonly #parts: ProxyParts
  readonly #abort = new AbortController()
  #state: ContainerState = 'creating'
  #container: Container | undefined
  /** Jobs that were sent behind others can be asked back. */
  #recalls = false
  #waiting: Job[] = []
  /** Of its action. */
  brevity: Brevity | undefined
  readonly #deadlines: Deadlines
  /** When those that were sent behind others have waited for too long. */
  readonly #patience: Patience
  /** When the run in progress may have begun at the latest, monotonic ms: the one before it ended then. */
  #progressMs = 0
  /** How long it may stay as it is, while nobody uses it. */
  readonly #idleLimit: IdleLimit
  #startError: unknown
  /** The job inside that only initialises the container: it takes nobody's place. */
  #preparation: Job | undefined
  /** While it was made for jobs to come and none has come: how long it waits for the first one, ms. */
  #unusedKeepMs: number | undefined
  #keepAlive: KeepAlive | undefined
  /** When it was decided to be a container of its action, monotonic ms. */
  #chosenMs = 0

  constructor(parts: ProxyParts, need: Resources, stemKey: string | undefined) {
    this.#parts = parts
    this.need = need
    this.stemKey = stemKey
    this.maxConcurrent = 1
    this.#deadlines = Deadlines.of(parts.clock)
    this.#idleLimit = new IdleLimit((event) => this.#dispatch(event))
    this.#patience = new Patience(() => this.#lookForProgress())
  }

  get state(): ContainerState {
    return this.#state
  }

  get memoryMb(): number {
    return this.need.memoryMb
  }

  get hasRoom(): boolean {
    return !this.isFull || (this.takesBehind && this.active < this.maxConcurrent + this.brevity!.mayWait)
  }

  /** It runs as many jobs as it may at once. */
  get isFull(): boolean {
    return this.#running >= this.maxConcurrent
  }

  get #running(): number {
    return this.active - (this.#preparation ? 1 : 0)
  }

  /** Jobs were sent to it behind others. */
  get #hasFollowers(): boolean {
    return this.#running > this.maxConcurrent
  }

  /** Jobs may be sent to it behind those that it runs. */
  get takesBehind(): boolean {
    return this.maxConcurrent === 1 && this.#state === 'busy' && this.#recalls && this.brevity!.mayWait > 0
  }

  /** Initialised and not suspended: a run starts at once. */
  get isReady(): boolean {
    return this.#state === 'idle' || this.#state === 'busy'
  }

  /** Begins to make the container, for `job` or as a stem cell. */
  start(spec: ContainerSpec, job: Job | undefined): void {
    if (job) this.#take(job)
    else this.#state = 'creating-stem'
    this.#parts.host.changed?.(this)
    void this.#create(spec)
  }

  /** Begins to make the container for jobs to come; `job` initialises it. Without one it goes after `keepMs`. */
  prepare(spec: ContainerSpec, job: Job, keepMs: number): void {
    this.#preparation = job
    this.#unusedKeepMs = keepMs
    this.start(spec, job)
  }

  /** Gives it a job; there must be room. */
  assign(job: Job): void {
    this.#unusedKeepMs = undefined
    this.#take(job)
    this.#dispatch('assign')
  }

  /** Lets its jobs end, then removes it. */
  retire(): void {
    this.#dispatch('retire')
  }

  /** Removes it now. */
  remove(): void {
    this.#dispatch('remove')
  }

  #take(job: Job): void {
    if (this.key === undefined) this.#chosenMs = this.#parts.clock.monotonic()
    this.key = job.key
    this.owner ??= job.owner
    this.maxConcurrent = job.maxConcurrent
    this.active++
    this.#waiting.push(job)
  }

  #dispatch(event: ContainerEvent): void {
    const next = transition(this.#state, event)
    if (!next) {
      this.#parts.logger.error({ state: this.#state, event, key: this.key }, 'unexpected container event')
      return
    }
    if (this.#state !== next.to) {
      this.#state = next.to
      this.#parts.host.changed?.(this)
    }
    for (const action of next.actions) this.#perform(action)
  }

  #perform(action: ContainerAction): void {
    const { host } = this.#parts
    switch (action) {
      case 'initialise':
        return this.#initialise()
      case 'run-waiting':
        return this.#runWaiting()
      case 'release-waiting':
        return this.#releaseWaiting()
      case 'fail-waiting':
        this.active--
        this.#preparation = undefined
        this.#waiting.shift()?.fail({ kind: 'start-failed', error: this.#startError })
        return this.#releaseWaiting()
      case 'offer-stem':
        return host.stemReady(this)
      case 'offer-idle':
        return host.freed(this)
      case 'park':
        return host.parked(this)
      case 'withdraw':
        return host.withdrawn(this)
      case 'arm-grace':
        return this.#armGrace()
      case 'arm-expiry':
        return this.#arm(this.#parts.clock.monotonic(), this.#keepAlive!.destroyAfterMs, 'expire')
      case 'cancel-timer':
        return void this.#deadlines.remove(this.#idleLimit)
      case 'suspend':
        return void this.#operate('suspended', 'suspend-failed', (container) => container.suspend())
      case 'resume':
        return void this.#operate('resumed', 'resume-failed', (container) => container.resume())
      case 'abort-create':
        return this.#abort.abort()
      case 'destroy':
        return void this.#destroy()
      case 'forget':
        return host.gone(this)
    }
  }

  async #create(spec: ContainerSpec): Promise<void> {
    let failure: unknown
    try {
      const container = await this.#parts.factory.create(spec, { signal: this.#abort.signal })
      this.#container = container
      this.#recalls = typeof container.recall === 'function'
      const left = (): void => {
        if (this.#state !== 'gone') this.#dispatch('exited')
      }
      void container.exited.then(left, left)
    } catch (error) {
      failure = error ?? new Error('the container factory failed without an error')
      this.#startError = failure
    }
    // In this order: until the pool knows of a new stem cell, the start that made it stands for it.
    this.#dispatch(failure === undefined ? 'created' : 'create-failed')
    this.#parts.host.startEnded(this, failure)
  }

  #initialise(): void {
    const job = this.#waiting.shift()!
    let initialised = false
    const onInitialised = (): void => {
      initialised = true
      const { policy, clock } = this.#parts
      policy.initialised?.({
        key: job.key,
        memoryMb: this.need.memoryMb,
        tookMs: clock.monotonic() - this.#chosenMs,
      })
      this.#dispatch('initialised')
    }
    job.execute(this.#container!, onInitialised, (verdict) => {
      if (initialised) {
        this.#progressMs = this.#parts.clock.monotonic()
        return this.#ended(job, verdict)
      }
      this.active--
      if (job === this.#preparation) this.#preparation = undefined
      if (verdict === 'refused') this.#parts.host.returned(job)
      this.#dispatch('init-failed')
    })
  }

  #runWaiting(): void {
    const jobs = this.#waiting
    if (jobs.length === 0) return
    const began = this.#parts.clock.monotonic()
    for (let job = jobs.shift(); job; job = jobs.shift()) this.#run(job, began)
    if (this.#hasFollowers) this.#watchProgress()
    else this.#progressMs = began
  }

  #run(job: Job, began: number): void {
    job.execute(this.#container!, undefined, (verdict) => {
      const { clock, host } = this.#parts
      const now = clock.monotonic()
      this.#progressMs = now
      host.ran(this, now - began, verdict === 'brief')
      this.#ended(job, verdict)
    })
  }

  #watchProgress(): void {
    const patience = this.#patience
    if (patience.isPending) return
    patience.deadlineMs = this.#progressMs + PATIENCE_MS
    this.#deadlines.add(patience)
  }

  /** Those that were sent behind others wait; or this process did not get to read the answers. */
  #lookForProgress(): void {
    if (!this.#hasFollowers) return
    const progressMs = this.#progressMs
    if (this.#parts.clock.monotonic() - progressMs < PATIENCE_MS) return this.#watchProgress()
    setImmediate(() => {
      if (!this.#hasFollowers) return
      if (this.#progressMs > progressMs) return this.#watchProgress()
      this.brevity!.keptWaiting()
      this.#container!.recall!()
    })
  }

  #ended(job: Job, verdict: Verdict): void {
    this.active--
    if (job === this.#preparation) this.#preparation = undefined
    // First out of use, then back to the pool: otherwise the job could come here again.
    if (verdict === 'stuck' && this.active > 0 && this.maxConcurrent === 1) this.#interrupt()
    else if (verdict === 'damaged' || verdict === 'refused' || verdict === 'stuck') this.#dispatch('damage')
    if (verdict === 'refused') this.#parts.host.returned(job)
    if (verdict === 'recalled') this.#parts.host.recalled(job)
    if (this.active === 0) this.#drained(job)
    else if (this.#state === 'busy') this.#parts.host.freed(this)
  }

  /** A run does not end: those that were sent behind it come back when the container goes. */
  #interrupt(): void {
    if (this.#state === 'busy' || this.#state === 'draining') this.#dispatch('remove')
  }

  /** The last job inside has ended. */
  #drained(job: Job): void {
    this.#dispatch('drained')
    const prewarm = this.#state === 'idle' ? this.#keepAlive?.prewarm : undefined
    if (!prewarm) return
    const preparation = job.preparation?.()
    if (preparation) this.#parts.host.prewarm(preparation, prewarm)
  }

  #releaseWaiting(): void {
    const preparation = this.#preparation
    const jobs = this.#waiting
    this.#waiting = []
    this.#preparation = undefined
    this.active -= jobs.length
    for (const job of jobs) if (job !== preparation) this.#parts.host.returned(job)
  }

  #armGrace(): void {
    this.idleSinceMs = this.#parts.clock.monotonic()
    const keepMs = this.#unusedKeepMs
    this.#keepAlive =
      keepMs === undefined ? this.#parts.policy.keepAlive(this) : { suspendAfterMs: keepMs, destroyAfterMs: 0 }
    const { suspendAfterMs, destroyAfterMs } = this.#keepAlive
    // What is to go at once is not suspended before.
    const suspends = this.#parts.factory.capabilities.suspend && destroyAfterMs > 0
    if (suspends) this.#arm(this.idleSinceMs, suspendAfterMs, 'grace-over')
    else this.#arm(this.idleSinceMs, suspendAfterMs + destroyAfterMs, 'expire')
  }

  #arm(fromMs: number, delayMs: number, event: ContainerEvent): void {
    const limit = this.#idleLimit
    this.#deadlines.remove(limit)
    limit.deadlineMs = fromMs + delayMs
    limit.event = event
    this.#deadlines.add(limit)
  }

  async #operate(
    done: ContainerEvent,
    failed: ContainerEvent,
    operation: (container: Container) => Promise<void>,
  ): Promise<void> {
    const { clock, logger } = this.#parts
    const container = this.#container!
    let event = failed
    try {
      const ended = await within(
        clock,
        operation(container).then(() => true),
        SUSPEND_LIMIT_MS,
      )
      if (ended) event = done
      else logger.warn({ container: container.id, event: failed }, 'container did not change its state in time')
    } catch (err) {
      logger.warn({ container: container.id, event: failed, err }, 'container did not change its state')
    }
    this.#dispatch(event)
  }

  async #destroy(): Promise<void> {
    const { clock, giveUp, logger } = this.#parts
    const container = this.#container!
    try {
      await retryUntilDone(clock, giveUp, () => container.destroy(), {
        onFailure: (err, attempts) =>
          logger.warn({ container: container.id, attempts, err }, 'container not destroyed'),
      })
    } catch (err) {
      logger.error({ container: container.id, err }, 'container left behind')
    }
    this.#dispatch('destroyed')
  }
}

class Patience extends Deadline {
  readonly #isOver: () => void

  constructor(isOver: () => void) {
    super(Infinity)
    this.#isOver = isOver
  }

  expire(): void {
    this.#isOver()
  }
}

/** What happens to a container when it was idle for so long. */
class IdleLimit extends Deadline {
  event: ContainerEvent = 'expire'
  readonly #isReached: (event: ContainerEvent) => void

  constructor(isReached: (event: ContainerEvent) => void) {
    super(Infinity)
    this.#isReached = isReached
  }

  expire(): void {
    this.#isReached(this.event)
  }
}
