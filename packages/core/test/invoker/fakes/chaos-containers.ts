import type {
  Container,
  ContainerExit,
  ContainerFactory,
  ContainerSpec,
  RuntimeReply,
} from '../../../src/container/container-factory.ts'
import { PlatformError } from '../../../src/errors.ts'
import type { Clock } from '../../../src/time/clock.ts'
import type { Random } from '../../../src/time/random.ts'

/** Chances are per thousand. */
export interface Chaos {
  readonly startFails: number
  readonly suspendFails: number
  readonly resumeFails: number
  readonly hangs: number
  readonly dies: number
  readonly destroyFails: number
  /** Told when a container was destroyed. */
  readonly onGone?: (id: string) => void
  /** Told when the jobs are asked back that wait in a container. */
  readonly onRecall?: (id: string) => void
}

const REPLY: RuntimeReply = { status: 200, body: '{}', bodyBytes: 2, truncated: false }

/**
 * Containers that take random times and fail at random, and that keep their own books of what is alive: memory and CPU
 * count from the call of `create` until `destroy` resolved.
 */
export class ChaosContainers implements ContainerFactory {
  readonly capabilities = {
    suspend: true,
    memoryLimit: true,
    cpuLimit: true,
    images: true,
    attributedLogs: true,
    isolation: 'none',
  } as const
  aliveMb = 0
  aliveMilliCpu = 0
  peakMb = 0
  starts = 0
  concurrentStarts = 0
  peakStarts = 0
  readonly alive = new Map<string, ChaosContainer>()
  readonly #clock: Clock
  readonly #random: Random
  readonly #chaos: Chaos

  constructor(clock: Clock, random: Random, chaos: Chaos) {
    this.#clock = clock
    this.#random = random
    this.#chaos = chaos
  }

  async create(spec: ContainerSpec, options: { readonly signal?: AbortSignal } = {}): Promise<Container> {
    this.#count(spec, 1)
    this.peakMb = Math.max(this.peakMb, this.aliveMb)
    this.concurrentStarts++
    this.peakStarts = Math.max(this.peakStarts, this.concurrentStarts)
    await this.#clock.sleep(20 + this.#random.below(200), options.signal)
    this.concurrentStarts--
    if (options.signal?.aborted || this.chance('startFails')) {
      this.#count(spec, -1)
      throw new PlatformError('ERR_START_FAILED', 'chaos')
    }
    const container = new ChaosContainer(`c${++this.starts}`, spec, this, this.#clock)
    this.alive.set(container.id, container)
    if (this.chance('dies')) this.#clock.setTimer(this.#random.below(5_000), () => container.exit({ reason: 'exited' }))
    return container
  }

  gone(container: Container, spec: ContainerSpec): void {
    if (!this.alive.delete(container.id)) throw new Error(`${container.id} was destroyed twice`)
    this.#count(spec, -1)
    this.#chaos.onGone?.(container.id)
  }

  chance(what: Exclude<keyof Chaos, 'onGone' | 'onRecall'>): boolean {
    return this.#random.below(1_000) < this.#chaos[what]
  }

  recall(id: string): void {
    this.#chaos.onRecall?.(id)
  }

  below(bound: number): number {
    return this.#random.below(bound)
  }

  open(): Promise<void> {
    return Promise.resolve()
  }

  close(): Promise<void> {
    return Promise.resolve()
  }

  list(): Promise<[]> {
    return Promise.resolve([])
  }

  reap(): Promise<number> {
    return Promise.resolve(0)
  }

  #count({ memoryMb, cpu = 0 }: ContainerSpec, sign: 1 | -1): void {
    this.aliveMb += sign * memoryMb
    this.aliveMilliCpu += sign * cpu * 1_000
  }
}

class ChaosContainer implements Container {
  readonly id: string
  readonly exited: Promise<ContainerExit>
  readonly #spec: ContainerSpec
  readonly #world: ChaosContainers
  readonly #clock: Clock
  #settle: (exit: ContainerExit) => void = () => undefined

  constructor(id: string, spec: ContainerSpec, world: ChaosContainers, clock: Clock) {
    this.id = id
    this.#spec = spec
    this.#world = world
    this.#clock = clock
    this.exited = new Promise((resolve) => (this.#settle = resolve))
  }

  exit(exit: ContainerExit): void {
    this.#settle(exit)
  }

  init(): Promise<RuntimeReply> {
    return Promise.resolve(REPLY)
  }

  run(): Promise<RuntimeReply> {
    return Promise.resolve(REPLY)
  }

  recall(): void {
    this.#world.recall(this.id)
  }

  openLog(): never {
    throw new Error('jobs of the simulation read no logs')
  }

  suspend(): Promise<void> {
    return this.#step('suspendFails')
  }

  resume(): Promise<void> {
    return this.#step('resumeFails')
  }

  async destroy(): Promise<void> {
    await this.#clock.sleep(this.#world.below(100))
    if (this.#world.chance('destroyFails')) throw new PlatformError('ERR_UNAVAILABLE', 'chaos')
    this.#world.gone(this, this.#spec)
    this.exit({ reason: 'destroyed' })
  }

  async #step(failure: 'suspendFails' | 'resumeFails'): Promise<void> {
    if (this.#world.chance('hangs')) await this.#clock.sleep(1_000_000)
    await this.#clock.sleep(this.#world.below(30))
    if (this.#world.chance(failure)) throw new PlatformError('ERR_UNAVAILABLE', 'chaos')
  }
}
