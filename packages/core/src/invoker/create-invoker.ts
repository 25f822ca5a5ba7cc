import { PlatformError } from '../errors.ts'
import { HEALTH_TOPIC } from '../messages/ping.ts'
import { invokerTopic } from '../messages/invoker-instance.ts'
import { finalizeOwnOrphans } from '../store/finalize-orphans.ts'
import { invokerOwner } from '../store/record-owner.ts'
import { ActionSource } from './action-source.ts'
import { Availability } from './availability.ts'
import type { JobContext } from './activation-job.ts'
import { ContainerSpecs } from './container-specs.ts'
import { HealthPing } from './health-ping.ts'
import { ActivationConsumer } from './activation-consumer.ts'
import type { Invoker, InvokerOptions, InvokerParts } from './invoker.ts'
import { guardedInvokerObserver } from './guarded-observer.ts'
import type { PoolGauges } from './parts/observer.ts'
import type { ContainerListener } from './parts/container-view.ts'
import { ContainerPool } from './pool/container-pool.ts'
import { ContainerWatch } from './pool/container-watch.ts'
import { guardedPolicy } from './pool/guarded-policy.ts'
import { fixedPolicy } from './parts/pool-policy.ts'
import { replyLimits } from './proxy/reply-limits.ts'
import { ActivationRecorder } from './record/activation-recorder.ts'
import { GuardedLogStore } from '../plug-in/guarded-log-store.ts'
import { keepAlive } from '../time/keep-alive.ts'
import { within } from '../time/within.ts'

/** Time for records and containers on the way out, ms, and then for giving up on them. */
const CLOSE_LIMIT_MS = 10_000
const GIVE_UP_LIMIT_MS = 5_000

export function createInvoker(parts: InvokerParts): Invoker {
  return new RunningInvoker(parts)
}

/** What exists between `open` and `close`. */
interface Session {
  readonly availability: Availability
  readonly consumer: ActivationConsumer
  readonly pool: ContainerPool
  readonly giveUp: AbortController
}

class RunningInvoker implements Invoker {
  readonly #parts: InvokerParts
  readonly #watch: ContainerWatch
  #session: Session | undefined
  #opening: Promise<void> | undefined
  #closing: Promise<void> | undefined

  constructor(parts: InvokerParts) {
    this.#parts = parts
    this.#watch = new ContainerWatch(parts.logger)
  }

  get instance(): InvokerParts['instance'] {
    return this.#parts.instance
  }

  open(): Promise<void> {
    this.#opening ??= this.#open().catch((error: unknown) => {
      this.#opening = undefined
      throw error
    })
    return this.#opening
  }

  close(): Promise<void> {
    this.#closing ??= this.#close().finally(() => {
      this.#closing = undefined
    })
    return this.#closing
  }

  watchContainers(listener: ContainerListener): () => void {
    return this.#watch.add(listener, this.#session?.pool.containers ?? [])
  }

  get gauges(): PoolGauges | undefined {
    return this.#session?.pool.gauges
  }

  get isEnabled(): boolean {
    return this.#session?.availability.isEnabled ?? false
  }

  enable(): Promise<boolean> {
    return keepAlive(this.#enable())
  }

  async #enable(): Promise<boolean> {
    const { availability, pool } = this.#opened()
    if (pool.isClosed) pool.open()
    return availability.enable()
  }

  async disable(): Promise<boolean> {
    return keepAlive(this.#opened().availability.disable())
  }

  drain(deadlineMs: number): Promise<boolean> {
    return keepAlive(this.#drain(deadlineMs))
  }

  async #drain(deadlineMs: number): Promise<boolean> {
    const { availability, consumer, pool } = this.#opened()
    const { clock, logger } = this.#parts
    const finished = availability.disable().then(() => consumer.whenIdle())
    const inTime = finished.then(() => true)
    if (await within(clock, inTime, deadlineMs)) return true
    if (availability.isEnabled) return false
    // What was not taken stays in the topic, for whoever comes after this process.
    availability.leaveAtOnce()
    logger.warn({ open: consumer.open }, 'drain: deadline reached, ending activations that still wait or run')
    await within(clock, Promise.all([pool.close(), finished]), CLOSE_LIMIT_MS)
    return false
  }

  #opened(): Session {
    if (this.#session) return this.#session
    throw new PlatformError('ERR_CLOSED', 'the invoker is not open')
  }

  async #open(): Promise<void> {
    await this.#closing
    const { instance, queue, containers, platform, options, activationStore, logger } = this.#parts
    checkOptions(options)
    const topic = invokerTopic(instance.id)
    await Promise.all([queue.ensureTopic(topic), queue.ensureTopic(HEALTH_TOPIC)])
    await containers.reap({ platform, invoker: topic })
    // What still ran is gone: its results are what is known of it.
    await finalizeOwnOrphans(activationStore, invokerOwner(instance.id), logger)

    const session = this.#assemble(topic)
    session.pool.open()
    try {
      await session.availability.open()
    } catch (error) {
      await this.#closePool(session)
      throw error
    }
    this.#session = session
  }

  #assemble(topic: string): Session {
    const { instance, platform, queue, entityStore, activationStore, containers } = this.#parts
    const { clock, limits, manifest, options, policy, hostLoad, unlock, emit, logger } = this.#parts
    const observer = guardedInvokerObserver(this.#parts.observer ?? {}, logger)
    const logStore = new GuardedLogStore(this.#parts.logStore, { clock, logger })
    const fixed = fixedPolicy({ ...options, ...(hostLoad && { hostLoad }) })
    const giveUp = new AbortController()
    const storeLevels = options.storeLevels ?? { blocking: 'always', nonBlocking: 'always' }
    const recorder = new ActivationRecorder({
      instance,
      queue,
      activationStore,
      logStore,
      clock,
      logger,
      observer,
      ...(emit && { emit }),
      storeLevels,
      giveUp: giveUp.signal,
    })
    const specs = new ContainerSpecs({
      owner: { platform, invoker: topic },
      apiHost: options.apiHost,
      extraEnvironment: options.extraEnvironment,
      maxConcurrent: limits.concurrency.max,
    })
    const pool = new ContainerPool({
      factory: containers,
      clock,
      policy: policy ? guardedPolicy(policy, fixed, logger) : fixed,
      logger,
      manifest,
      observer,
      watch: this.#watch,
      capacity: {
        memoryMb: options.userMemoryMb,
        milliCpu: options.userCpus === undefined ? Infinity : Math.round(options.userCpus * 1000),
      },
      maxParallelStarts: options.maxParallelStarts,
      maxRunsBehind: options.maxRunsBehind,
      stemCellSpec: (lane) => specs.forStemCell(lane),
      knowsApi: () => options.apiHost() !== '',
      giveUp: giveUp.signal,
    })
    const jobs: JobContext = {
      clock,
      logger,
      observer,
      recorder,
      unlock,
      overlaps: limits.concurrency.max > 1,
      replyLimits: replyLimits(limits),
      collectsLogs: logStore.capabilities.collects,
      attributedLogs: containers.capabilities.attributedLogs,
      spec: (message, action, maxConcurrent) => specs.forAction(message, action, maxConcurrent),
      closing: () => pool.isClosed,
      givesBack: queue.capabilities.durable,
    }
    const actions = new ActionSource({ entityStore, manifest, clock })
    const consumer = new ActivationConsumer({ actions, pool, recorder, jobs, limits, clock, logger })
    const ping = new HealthPing({ instance, queue, clock, logger, onPeriod: () => observer.gauges?.(pool.gauges) })
    const perContainer = limits.concurrency.max
    const concurrency = Math.floor(options.userMemoryMb / limits.memoryMb.min) * perContainer + options.maxWaiting
    const availability = new Availability({
      clock,
      logger,
      ping,
      subscribe: async () => {
        const losses = consumer.losses()
        const options = { group: topic, concurrency }
        const subscription = await queue.subscribe(topic, options, (delivery) => consumer.take(delivery, losses))
        return {
          close: () => {
            losses.close()
            return subscription.close()
          },
        }
      },
    })
    return { availability, consumer, pool, giveUp }
  }

  async #close(): Promise<void> {
    // An open that is failing leaves nothing to close, and its caller has the error.
    await this.#opening?.catch(() => undefined)
    const session = this.#session
    this.#opening = undefined
    this.#session = undefined
    if (!session) return
    const { availability, consumer } = session
    const ended = availability.end().then(() => consumer.whenIdle())
    await this.#closePool(session, ended)
    availability.stop()
  }

  async #closePool({ pool, giveUp }: Session, ended?: Promise<void>): Promise<void> {
    const { clock, logger } = this.#parts
    const closed = Promise.all([pool.close(), ended]).then(() => true)
    if (await within(clock, closed, CLOSE_LIMIT_MS)) return
    giveUp.abort()
    if (await within(clock, closed, GIVE_UP_LIMIT_MS)) return
    logger.error({}, 'invoker closed without waiting for its last activations')
  }
}

/** @throws ERR_CONFIG an option makes no sense. */
function checkOptions(options: InvokerOptions): void {
  const { userMemoryMb, userCpus, maxParallelStarts, maxWaiting, maxRunsBehind, pauseGraceMs, idleTimeoutMs } = options
  const check = (ok: boolean, option: string, value: number | undefined, fix: string): void => {
    if (!ok) throw new PlatformError('ERR_CONFIG', `invoker option ${option} is ${value}: ${fix}`)
  }
  check(userMemoryMb > 0, 'userMemoryMb', userMemoryMb, 'give the memory for containers in MB, e.g. 2048')
  check(userCpus === undefined || userCpus > 0, 'userCpus', userCpus, 'give the cores for containers or leave it out')
  check(isCount(maxParallelStarts, 1), 'maxParallelStarts', maxParallelStarts, 'give an integer of at least 1')
  check(isCount(maxWaiting, 0), 'maxWaiting', maxWaiting, 'give an integer of at least 0')
  check(isCount(maxRunsBehind, 0), 'maxRunsBehind', maxRunsBehind, 'give an integer of at least 0')
  check(pauseGraceMs >= 0, 'pauseGraceMs', pauseGraceMs, 'give ms, 0 or more')
  check(idleTimeoutMs >= 0, 'idleTimeoutMs', idleTimeoutMs, 'give ms, 0 or more')
}

function isCount(value: number, least: number): boolean {
  return Number.isInteger(value) && value >= least
}
