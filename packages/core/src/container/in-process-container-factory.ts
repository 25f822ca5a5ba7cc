import { PlatformError } from '../errors.ts'
import type { Clock } from '../time/clock.ts'
import { randomText, type Random } from '../time/random.ts'
import type {
  Container,
  ContainerCapabilities,
  ContainerFactory,
  ContainerOwner,
  ContainerSpec,
  ContainerSummary,
} from './container-factory.ts'
import type { StartProgram } from './container-program.ts'
import { InProcessContainer } from './in-process-container.ts'

/** Stands for the engine: what factories of one adapter share, as processes on one host share the host. */
export class InProcessEngine {
  readonly containers: Set<InProcessContainer> = new Set()
  readonly #totalMemoryMb: number

  constructor(totalMemoryMb = Infinity) {
    this.#totalMemoryMb = totalMemoryMb
  }

  /** @throws ERR_START_FAILED the memory of all containers would exceed the total. */
  admit(container: InProcessContainer): void {
    let usedMb = container.spec.memoryMb
    for (const { spec } of this.containers) usedMb += spec.memoryMb
    if (usedMb > this.#totalMemoryMb) {
      throw new PlatformError('ERR_START_FAILED', `${usedMb} MB of ${this.#totalMemoryMb} MB would be used`)
    }
    this.containers.add(container)
    void container.exited.then(() => this.containers.delete(container))
  }
}

export interface InProcessFactoryParts {
  readonly engine: InProcessEngine
  readonly capabilities: ContainerCapabilities
  readonly clock: Clock
  readonly random: Random
  readonly start: StartProgram
}

/** Keeps the books of containers in this process; what runs in them is `start`'s business. */
export class InProcessContainerFactory implements ContainerFactory {
  readonly capabilities: ContainerCapabilities
  readonly #parts: InProcessFactoryParts
  readonly #own = new Set<InProcessContainer>()
  #open = false

  constructor(parts: InProcessFactoryParts) {
    this.#parts = parts
    this.capabilities = parts.capabilities
  }

  open(): Promise<void> {
    this.#open = true
    return Promise.resolve()
  }

  async close(): Promise<void> {
    this.#open = false
    await Promise.all(Array.from(this.#own, (container) => container.destroy()))
  }

  async create(spec: ContainerSpec, options: { readonly signal?: AbortSignal } = {}): Promise<Container> {
    this.#mustBeOpen()
    const { engine, clock, random, start } = this.#parts
    const container = new InProcessContainer(randomText(random, 12), spec, clock, this.capabilities.suspend)
    const ended = new AbortController()
    const end = (): void => {
      ended.abort()
      void container.destroy()
    }
    if (options.signal?.aborted) end()
    else options.signal?.addEventListener('abort', end, { once: true })
    try {
      engine.admit(container)
      this.#own.add(container)
      void container.exited.then(() => this.#own.delete(container))
      const gone = container.exited.then(() => undefined)
      const program = await Promise.race([start(container, ended.signal), gone])
      if (!program || container.state === 'dead') throw stopped(options.signal)
      container.started(program)
      return container
    } catch (error) {
      end()
      await container.exited
      throw error
    } finally {
      options.signal?.removeEventListener('abort', end)
    }
  }

  async list(owner: ContainerOwner): Promise<readonly ContainerSummary[]> {
    this.#mustBeOpen()
    return this.#owned(owner).map(({ id, state, spec }) => ({ id, state, labels: spec.labels }))
  }

  async reap(owner: ContainerOwner): Promise<number> {
    this.#mustBeOpen()
    const left = this.#owned(owner).filter((container) => !this.#own.has(container))
    await Promise.all(left.map((container) => container.destroy()))
    return left.length
  }

  #owned({ platform, invoker }: ContainerOwner): InProcessContainer[] {
    return [...this.#parts.engine.containers].filter(
      ({ spec: { owner } }) => owner.platform === platform && owner.invoker === invoker,
    )
  }

  #mustBeOpen(): void {
    if (!this.#open) throw new PlatformError('ERR_CLOSED', 'the container factory is not open')
  }
}

function stopped(signal: AbortSignal | undefined): PlatformError {
  const why = signal?.aborted ? 'the start was aborted' : 'the container ended before it was ready'
  return new PlatformError('ERR_START_FAILED', why, signal?.aborted ? { cause: signal.reason } : {})
}
