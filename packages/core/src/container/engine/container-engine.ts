import type { PlatformError } from '../../errors.ts'
import type {
  Container,
  ContainerCapabilities,
  ContainerOwner,
  ContainerSpec,
  ContainerSummary,
} from '../container-factory.ts'

/** Where containers are made: what an {@link EngineContainerFactory} is built over. */
export interface ContainerEngine<Listed extends ListedContainer = ListedContainer> {
  readonly capabilities: ContainerCapabilities
  /** @throws ERR_UNAVAILABLE, ERR_CONFIG as `Lifecycle.open`; nothing stays open then. */
  connect(closing: FactoryClosing): Promise<EngineSession<Listed>>
}

/** How far the closing of a factory has got; an adapter whose calls might wait for an engine for ever listens to it. */
export interface FactoryClosing {
  /** Aborts first of all: no start goes on. */
  readonly begun: AbortSignal
  /** Aborts when the removal of its containers has taken too long: nobody waits for the engine any more. */
  readonly overdue: AbortSignal
}

/** A container in the engine's listing; adapters add what they need of it. */
export interface ListedContainer {
  /** As in {@link StartContainer}; of a container that was renamed since, still that name where it can be told. */
  readonly name: string
}

/** An engine from a factory's `open` to its `close`. */
export interface EngineSession<Listed extends ListedContainer = ListedContainer> {
  /**
   * Makes one container through `start`: first whatever may take long and leaves nothing behind, such as a pull, then
   * the start itself. `stop` aborts when nobody wants it any more.
   * @throws as `ContainerFactory.create`.
   */
  create(spec: ContainerSpec, stop: AbortSignal, start: StartContainer): Promise<Container>

  /** Containers in any state. May throw errors of the engine's own. */
  list(owner: ContainerOwner): Promise<readonly Listed[]>

  /** May throw errors of the engine's own. */
  summaryOf(listed: Listed): ContainerSummary | Promise<ContainerSummary>

  /**
   * Removes the container of that name, in whatever state, and all that belongs to it, if there is one. What it throws is
   * logged, and stops nothing.
   */
  remove(name: string): Promise<void>

  /** Removes containers of other factories; resolves with how many. May throw errors of the engine's own. */
  reap(left: readonly Listed[], owner: ContainerOwner): Promise<number>

  /** Called once, when every container was destroyed. Never rejects because the engine does not answer. */
  close(): Promise<void>

  /** Of an error of the engine's own, or a {@link PlatformError} as it is. Absent where there are no others. */
  toPlatformError?(error: unknown, what: string): PlatformError
}

/**
 * Enters a container into the factory's books and makes it. `name` is one that nobody else uses; reaping leaves it
 * alone from now on. When `make` throws, what it left is removed. The container calls `remove` when it is destroyed.
 * @throws ERR_START_FAILED nobody wants it any more. @throws what `make` throws.
 */
export type StartContainer = (
  name: string,
  make: (remove: () => Promise<void>) => Promise<Container>,
) => Promise<Container>
