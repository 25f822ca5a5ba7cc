import {
  adapterContext,
  PlatformError,
  simulatedContainers,
  type ActivationLog,
  type Adapter,
  type CallOptions,
  type Clock,
  type Container,
  type ContainerCapabilities,
  type ContainerExit,
  type ContainerFactory,
  type ContainerOwner,
  type ContainerSpec,
  type ContainerSummary,
  type LogOptions,
  type RuntimeReply,
  type SimulatedAnswer,
} from '@stemcell/core'
import { conductorAnswer } from '../cluster/actions.ts'
import type { Ledger } from '../checks/ledger.ts'
import type { Chance } from '../world/chance.ts'
import type { Host } from '../world/host.ts'

/** How containers misbehave; shares are of a thousand. */
export interface ContainerWeather {
  readonly startMs: readonly [least: number, most: number]
  readonly runMs: readonly [least: number, most: number]
  readonly failPerMille: number
  /** Removing one takes so long. */
  readonly removeMs: readonly [least: number, most: number]
}

/** What an engine does wrong when it is told to, as engines of earlier platforms did. */
export interface EngineFlaws {
  /** A container that ends while it is resumed is taken for resumed, and its end is never told. */
  readonly hidesDeathInResume?: boolean
  /** A start that fails is never told of: whoever waits for it waits for ever. */
  readonly hidesFailedStarts?: boolean
  /** The memory of a container counts as free before it is gone. */
  readonly tellsEndEarly?: boolean
}

/** Containers of one invoker's machine. They outlive the invoker's process. */
export class ContainerEngine {
  readonly #adapter: Adapter<ContainerFactory>
  readonly #clock: Clock
  readonly #chance: Chance
  readonly #weather: ContainerWeather
  readonly #ledger: Ledger
  readonly #flaws: EngineFlaws
  readonly #machine: string

  constructor(
    machine: string,
    clock: Clock,
    chance: Chance,
    weather: ContainerWeather,
    ledger: Ledger,
    flaws: EngineFlaws = {},
  ) {
    this.#machine = machine
    this.#clock = clock
    this.#chance = chance
    this.#weather = weather
    this.#ledger = ledger
    this.#flaws = flaws
    this.#adapter = simulatedContainers({
      clock,
      behaviour: {
        create: () => ({
          delayMs: chance.between(...weather.startMs),
          ...(this.#fails() && { failure: new PlatformError('ERR_START_FAILED', 'simulated: no start') }),
          ...(chance.perMille(weather.failPerMille) && {
            exit: { reason: 'exited' as const, exitCode: 1, afterMs: chance.between(1, 20_000) },
          }),
        }),
        init: () => (this.#fails() ? { status: 503 } : this.#answer()),
        run: ({ id, body }) => {
          if (this.#fails()) return { failure: 'not-reached' }
          const answer = this.#answer(conductorAnswer(body))
          this.#ledger.started(body, `${this.#machine} ${id}`, answer.delayMs ?? 0)
          return answer
        },
        suspend: () =>
          this.#fails() ? { failure: new PlatformError('ERR_UNAVAILABLE', 'simulated') } : { delayMs: 2 },
        resume: () => (this.#fails() ? { failure: new PlatformError('ERR_UNAVAILABLE', 'simulated') } : { delayMs: 5 }),
      },
    })
  }

  /** The engine as a process of the machine's invoker sees it. */
  factoryOf(host: Host, random: Chance): ContainerFactory {
    const inner = this.#adapter.build(adapterContext({ clock: this.#clock, random }))
    return new HostedFactory(host, inner, this.#clock, this.#ledger, this.#flaws, () =>
      this.#chance.between(...this.#weather.removeMs),
    )
  }

  #fails(): boolean {
    return this.#chance.perMille(this.#weather.failPerMille)
  }

  #answer(result = '{"ok":true}'): SimulatedAnswer {
    const chance = this.#chance
    const [least, most] = this.#weather.runMs
    const delayMs = chance.perMille(30) ? chance.between(most, 4_000) : chance.between(least, most)
    if (this.#fails()) return { delayMs, failure: 'connection-lost' }
    if (this.#fails()) return { delayMs, exit: { reason: 'out-of-memory' } }
    if (this.#fails()) return { failure: 'never-answers' }
    if (this.#fails()) return { delayMs, status: 502, body: '{"error":"simulated"}' }
    return { delayMs, body: result, ...(chance.perMille(200) && { logs: [{ text: 'a line' }] }) }
  }
}

class HostedFactory implements ContainerFactory {
  readonly capabilities: ContainerCapabilities
  readonly #host: Host
  readonly #inner: ContainerFactory
  readonly #clock: Clock
  readonly #ledger: Ledger
  readonly #flaws: EngineFlaws
  readonly #removeMs: () => number

  constructor(
    host: Host,
    inner: ContainerFactory,
    clock: Clock,
    ledger: Ledger,
    flaws: EngineFlaws,
    removeMs: () => number,
  ) {
    this.#host = host
    this.#inner = inner
    this.#clock = clock
    this.#ledger = ledger
    this.#flaws = flaws
    this.#removeMs = removeMs
    this.capabilities = inner.capabilities
  }

  open(): Promise<void> {
    return this.#let(this.#inner.open())
  }

  close(): Promise<void> {
    return this.#let(this.#inner.close())
  }

  async create(spec: ContainerSpec, options?: { readonly signal?: AbortSignal }): Promise<Container> {
    const entry = this.#ledger.containerBegun(this.#host, spec)
    const made = this.#inner.create(spec, options)
    // Gone on the machine, whoever is told of it.
    made.then(
      (container) => {
        this.#ledger.containerMade(entry, container.id)
        void container.exited.then(() => this.#ledger.containerGone(entry))
      },
      () => this.#ledger.containerGone(entry),
    )
    const container = await this.#let(
      this.#flaws.hidesFailedStarts ? made.catch(() => new Promise<Container>(() => undefined)) : made,
    )
    return new HostedContainer(this.#host, container, this.#clock, this.#flaws, this.#removeMs)
  }

  list(owner: ContainerOwner): Promise<readonly ContainerSummary[]> {
    return this.#let(this.#inner.list(owner))
  }

  reap(owner: ContainerOwner): Promise<number> {
    return this.#let(this.#inner.reap(owner))
  }

  #let<T>(promise: Promise<T>): Promise<T> {
    return through(this.#host, promise)
  }
}

class HostedContainer implements Container {
  readonly id: string
  readonly exited: Promise<ContainerExit>
  readonly #host: Host
  readonly #inner: Container
  readonly #clock: Clock
  readonly #flaws: EngineFlaws
  readonly #removeMs: () => number
  #tellExit: (exit: ContainerExit) => void = () => undefined
  #isResuming = false
  #isHidden = false
  #removal: Promise<void> | undefined

  constructor(host: Host, inner: Container, clock: Clock, flaws: EngineFlaws, removeMs: () => number) {
    this.id = inner.id
    this.#host = host
    this.#inner = inner
    this.#clock = clock
    this.#flaws = flaws
    this.#removeMs = removeMs
    this.exited = new Promise((resolve) => (this.#tellExit = resolve))
    void inner.exited.then((exit) => {
      if (flaws.hidesDeathInResume && this.#isResuming) this.#isHidden = true
      else host.enter(() => this.#tellExit(exit))
    })
  }

  init(body: string, options: CallOptions): Promise<RuntimeReply> {
    return through(this.#host, this.#inner.init(body, options))
  }

  run(body: string, options: CallOptions): Promise<RuntimeReply> {
    return through(this.#host, this.#inner.run(body, options))
  }

  openLog(activationId: string, options: LogOptions): ActivationLog {
    const log = this.#inner.openLog(activationId, options)
    return { collect: (how) => through(this.#host, Promise.resolve(log.collect(how))) }
  }

  suspend(): Promise<void> {
    return through(this.#host, this.#inner.suspend())
  }

  async resume(): Promise<void> {
    this.#isResuming = true
    try {
      await through(this.#host, this.#inner.resume())
    } catch (error) {
      if (!this.#flaws.hidesDeathInResume) throw error
      await this.#inner.destroy()
    } finally {
      this.#isResuming = this.#isHidden
    }
  }

  destroy(): Promise<void> {
    this.#removal ??= this.#remove()
    return this.#removal
  }

  async #remove(): Promise<void> {
    if (this.#isHidden) return new Promise(() => undefined)
    await new Promise<void>((resolve) => {
      if (this.#flaws.tellsEndEarly) {
        this.#tellExit({ reason: 'destroyed' })
        resolve()
      }
      this.#clock.setTimer(this.#removeMs(), () => void this.#inner.destroy().then(() => this.#host.enter(resolve)))
    })
  }
}

/** What comes of it reaches the process only while that lives. */
function through<T>(host: Host, promise: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    promise.then(
      (value) => host.enter(() => resolve(value)),
      (error: unknown) => host.enter(() => reject(error as Error)),
    )
  })
}
