import {
  PlatformError,
  type Clock,
  type Container,
  type ContainerExit,
  type ContainerFactory,
  type ContainerSpec,
  type RuntimeReply,
} from '@stemcell/core'

const CAPABILITIES = {
  suspend: false,
  memoryLimit: false,
  cpuLimit: false,
  images: true,
  attributedLogs: true,
  isolation: 'none',
} as const

/** Containers that exist only as numbers: one takes its time to be made, and goes at once. */
export class ModelledContainers implements ContainerFactory {
  readonly capabilities = CAPABILITIES
  readonly #clock: Clock
  readonly #startMs: number
  /** Told when a promise was settled, of which something follows. */
  readonly #onSettled: () => void
  #count = 0
  #aliveMb = 0
  #peakMb = 0
  /** MB·ms of those that are gone. */
  #spent = 0
  readonly #alive = new Map<ModelledContainer, number>()

  constructor(clock: Clock, startMs: number, onSettled: () => void) {
    this.#clock = clock
    this.#startMs = startMs
    this.#onSettled = onSettled
  }

  /** Containers made so far. */
  get count(): number {
    return this.#count
  }

  /** The most memory that was taken at once, MB. */
  get peakMb(): number {
    return this.#peakMb
  }

  /** Memory times the time that it was taken for, until now, MB·ms. */
  get memoryTime(): number {
    const nowMs = this.#clock.monotonic()
    let sum = this.#spent
    for (const [{ memoryMb }, sinceMs] of this.#alive) sum += memoryMb * (nowMs - sinceMs)
    return sum
  }

  async create({ memoryMb }: ContainerSpec): Promise<Container> {
    const container = new ModelledContainer(`c${++this.#count}`, memoryMb, (gone) => this.#gone(gone))
    this.#alive.set(container, this.#clock.monotonic())
    this.#aliveMb += memoryMb
    this.#peakMb = Math.max(this.#peakMb, this.#aliveMb)
    await new Promise<void>((resolve) => {
      this.#clock.setTimer(this.#startMs, () => {
        resolve()
        this.#onSettled()
      })
    })
    return container
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

  #gone(container: ModelledContainer): void {
    this.#spent += container.memoryMb * (this.#clock.monotonic() - this.#alive.get(container)!)
    this.#aliveMb -= container.memoryMb
    this.#alive.delete(container)
    this.#onSettled()
  }
}

class ModelledContainer implements Container {
  readonly id: string
  readonly memoryMb: number
  readonly exited: Promise<ContainerExit>
  readonly #onGone: (container: ModelledContainer) => void
  #settle: (exit: ContainerExit) => void = () => undefined

  constructor(id: string, memoryMb: number, onGone: (container: ModelledContainer) => void) {
    this.id = id
    this.memoryMb = memoryMb
    this.#onGone = onGone
    this.exited = new Promise((resolve) => (this.#settle = resolve))
  }

  init(): Promise<RuntimeReply> {
    return Promise.reject(unused('init'))
  }

  run(): Promise<RuntimeReply> {
    return Promise.reject(unused('run'))
  }

  openLog(): never {
    throw unused('openLog')
  }

  suspend(): Promise<void> {
    return Promise.reject(unused('suspend'))
  }

  resume(): Promise<void> {
    return Promise.reject(unused('resume'))
  }

  destroy(): Promise<void> {
    this.#onGone(this)
    this.#settle({ reason: 'destroyed' })
    return Promise.resolve()
  }
}

function unused(call: string): PlatformError {
  return new PlatformError('ERR_UNSUPPORTED', `a replay's jobs let time pass themselves; they need no ${call}`)
}
