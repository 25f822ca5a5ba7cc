import type {
  ActivationLog,
  CallOptions,
  Clock,
  Container,
  ContainerExit,
  LogDemultiplexer,
  LogOptions,
  RuntimeReply,
} from '@stemcell/core'
import type { ControlGroup } from '@stemcell/core/container-engine'
import type { RuntimeClient } from '@stemcell/core/runtime-client'
import type { PodmanEngine } from '../engine/podman-engine.ts'
import type { ContainerWatch } from './container-watch.ts'

export interface PodmanContainerParts {
  readonly id: string
  readonly engine: PodmanEngine
  readonly client: RuntimeClient
  readonly watch: ContainerWatch
  readonly logs: LogDemultiplexer
  readonly clock: Clock
  /** Present when the container is suspended without the engine's knowledge. */
  readonly freezer: ControlGroup | undefined
  /** Kills and removes it and what belongs to it; never rejects. */
  readonly remove: () => Promise<void>
}

/** A container on the engine whose runtime has answered. */
export class PodmanContainer implements Container {
  readonly id: string
  readonly exited: Promise<ContainerExit>
  readonly #parts: PodmanContainerParts

  constructor(parts: PodmanContainerParts) {
    this.#parts = parts
    this.id = parts.id
    this.exited = parts.watch.exited
    void this.exited.then(() => parts.client.close())
  }

  init(body: string, options: CallOptions): Promise<RuntimeReply> {
    return this.#parts.client.init(body, options)
  }

  run(body: string, options: CallOptions): Promise<RuntimeReply> {
    return this.#parts.client.run(body, options)
  }

  recall(): void {
    this.#parts.client.recall?.()
  }

  openLog(activationId: string, options: LogOptions): ActivationLog {
    return this.#parts.logs.open(activationId, options)
  }

  suspend(): Promise<void> {
    const { id, engine, freezer, clock } = this.#parts
    return freezer ? freezer.freeze(clock) : engine.setPaused(id, true)
  }

  resume(): Promise<void> {
    const { id, engine, freezer, clock } = this.#parts
    return freezer ? freezer.thaw(clock) : engine.setPaused(id, false)
  }

  async destroy(): Promise<void> {
    this.#parts.watch.destroying()
    // Not awaited before: the end of the runtime tells it what had begun.
    const closed = this.#parts.client.close()
    await this.#parts.remove()
    await closed
  }
}
