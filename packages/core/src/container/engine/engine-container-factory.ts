import { setMaxListeners } from 'node:events'
import type { AdapterContext } from '../../adapter.ts'
import { PlatformError } from '../../errors.ts'
import type {
  Container,
  ContainerCapabilities,
  ContainerFactory,
  ContainerOwner,
  ContainerSpec,
  ContainerSummary,
} from '../container-factory.ts'
import type { ContainerEngine, EngineSession, FactoryClosing, ListedContainer } from './container-engine.ts'
import { aborted, orAborted } from './semaphore.ts'

/** Longest wait for an engine that does not answer when the factory closes. */
const CLOSE_MS = 10_000

/**
 * A container factory over an engine that works on its own, such as Docker. It sees to what is the same for all of them:
 * opening and closing at any moment, starts that are aborted, which containers are its own, and what to reap.
 */
export class EngineContainerFactory<Listed extends ListedContainer = ListedContainer> implements ContainerFactory {
  readonly capabilities: ContainerCapabilities
  readonly #engine: ContainerEngine<Listed>
  readonly #context: AdapterContext
  #opening: Opening<Listed> | undefined
  #factory: OpenFactory<Listed> | undefined
  #closing: Promise<void> = Promise.resolve()

  constructor(engine: ContainerEngine<Listed>, context: AdapterContext) {
    this.#engine = engine
    this.#context = context
    this.capabilities = engine.capabilities
  }

  async open(): Promise<void> {
    const opening = (this.#opening ??= this.#open(new ClosingSignals(), this.#closing))
    try {
      const factory = await opening.factory
      // Closed in the same turn as it was opened.
      opening.signals.begun.throwIfAborted()
      this.#factory = factory
    } catch (error) {
      if (this.#opening === opening) this.#opening = undefined
      throw error
    }
  }

  close(): Promise<void> {
    const opening = this.#opening
    this.#factory = undefined
    this.#opening = undefined
    opening?.signals.begin()
    if (opening) this.#closing = this.#close(opening)
    return this.#closing
  }

  async create(spec: ContainerSpec, { signal }: { readonly signal?: AbortSignal } = {}): Promise<Container> {
    return this.#opened().create(spec, signal)
  }

  async list(owner: ContainerOwner): Promise<readonly ContainerSummary[]> {
    const { session } = this.#opened()
    try {
      const found = await session.list(owner)
      return await Promise.all(found.map(async (one) => session.summaryOf(one)))
    } catch (error) {
      throw session.toPlatformError?.(error, 'list of containers') ?? error
    }
  }

  async reap(owner: ContainerOwner): Promise<number> {
    const factory = this.#opened()
    const { session } = factory
    // Those, too, that are destroyed or made while the engine makes its list.
    const before = factory.names
    try {
      const found = await session.list(owner)
      const now = factory.names
      const left = found.filter(({ name }) => !before.has(name) && !now.has(name))
      return left.length === 0 ? 0 : await session.reap(left, owner)
    } catch (error) {
      throw session.toPlatformError?.(error, 'removal of left-over containers') ?? error
    }
  }

  #open(signals: ClosingSignals, closed: Promise<void>): Opening<Listed> {
    const connect = async (): Promise<OpenFactory<Listed>> => {
      await closed
      return new OpenFactory(await this.#connect(signals), signals, this.#context)
    }
    return { signals, factory: connect() }
  }

  /** Closing does not wait for an engine that does not answer: what answers later is closed then. */
  async #connect(signals: ClosingSignals): Promise<EngineSession<Listed>> {
    const connecting = this.#engine.connect(signals)
    try {
      return await orAborted(connecting, signals.begun)
    } catch (error) {
      if (!signals.begun.aborted) throw error
      connecting.then(
        (session) => session.close(),
        (err: unknown) => this.#context.logger.debug({ err }, 'what was closed meanwhile could not be opened'),
      )
      throw signals.begun.reason
    }
  }

  async #close({ factory }: Opening<Listed>): Promise<void> {
    const [opened] = await Promise.allSettled([factory])
    // Why it could not be opened is told to who wanted it open.
    if (opened.status === 'fulfilled') await opened.value.close()
  }

  #opened(): OpenFactory<Listed> {
    if (!this.#factory) throw new PlatformError('ERR_CLOSED', 'the container factory is not open')
    return this.#factory
  }
}

interface Opening<Listed extends ListedContainer> {
  readonly signals: ClosingSignals
  readonly factory: Promise<OpenFactory<Listed>>
}

class ClosingSignals implements FactoryClosing {
  readonly #begun = new AbortController()
  readonly #overdue = new AbortController()
  readonly begun = this.#begun.signal
  readonly overdue = this.#overdue.signal

  constructor() {
    // Every start and every removal may listen.
    setMaxListeners(0, this.begun, this.overdue)
  }

  begin(): void {
    this.#begun.abort(new PlatformError('ERR_CLOSED', 'the container factory was closed'))
  }

  giveUp(): void {
    this.#overdue.abort(new PlatformError('ERR_UNAVAILABLE', 'the engine does not answer'))
  }
}

/** The containers of a factory from its `open` to its `close`. */
class OpenFactory<Listed extends ListedContainer> {
  readonly session: EngineSession<Listed>
  readonly #signals: ClosingSignals
  readonly #context: AdapterContext
  /** By name, from before the engine is asked until it was asked to remove it; undefined while it is being made. */
  readonly #own = new Map<string, Container | undefined>()
  readonly #creating = new Set<Promise<unknown>>()

  constructor(session: EngineSession<Listed>, signals: ClosingSignals, context: AdapterContext) {
    this.session = session
    this.#signals = signals
    this.#context = context
  }

  /** Names of the containers that this factory made or is making. */
  get names(): ReadonlySet<string> {
    return new Set(this.#own.keys())
  }

  async create(spec: ContainerSpec, signal: AbortSignal | undefined): Promise<Container> {
    const { begun } = this.#signals
    const stop = signal ? AbortSignal.any([signal, begun]) : begun
    if (stop.aborted) throw aborted(stop)
    const creating = this.session.create(spec, stop, (name, make) => this.#start(name, make, stop))
    this.#creating.add(creating)
    try {
      return await creating
    } finally {
      this.#creating.delete(creating)
    }
  }

  /** After `begun` was aborted. */
  async close(): Promise<void> {
    const late = this.#context.clock.setTimer(CLOSE_MS, () => this.#signals.giveUp())
    await Promise.allSettled(this.#creating)
    await Promise.all(Array.from(this.#own.entries(), ([name, container]) => this.#destroy(name, container)))
    late.cancel()
    await this.session.close()
  }

  async #destroy(name: string, container: Container | undefined): Promise<void> {
    try {
      await container?.destroy()
    } catch (err) {
      this.#context.logger.warn({ err, container: name }, 'a container could not be destroyed')
    }
  }

  async #start(
    name: string,
    make: (remove: () => Promise<void>) => Promise<Container>,
    stop: AbortSignal,
  ): Promise<Container> {
    if (stop.aborted) throw aborted(stop)
    let isRemoved = false
    const remove = async (): Promise<void> => {
      isRemoved = true
      try {
        await this.session.remove(name)
      } catch (err) {
        this.#context.logger.warn({ err, container: name }, 'a container could not be removed completely')
      }
      this.#own.delete(name)
    }
    this.#own.set(name, undefined)
    try {
      const container = await make(remove)
      this.#own.set(name, container)
      return container
    } catch (error) {
      if (!isRemoved) await remove()
      throw error
    }
  }
}
