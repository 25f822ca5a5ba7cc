import {
  PlatformError,
  type ActivationLog,
  type CallOptions,
  type Clock,
  type Container,
  type ContainerExit,
  type LogDemultiplexer,
  type LogOptions,
  type RuntimeReply,
} from '@stemcell/core'
import { exitReason, type ControlGroup } from '@stemcell/core/container-engine'
import type { RuntimeClient } from '@stemcell/core/runtime-client'
import type Dockerode from 'dockerode'
import { toPlatformError, unless } from '../engine/to-platform-error.ts'
import type { ContainerOutput } from './container-output.ts'

/** The news that the kernel ran out of memory may come after that of the death it caused. */
const OOM_NEWS_MS = 500
const KILLED = 137

export interface DockerContainerParts {
  readonly id: string
  readonly handle: Dockerode.Container
  readonly logs: LogDemultiplexer
  readonly output: ContainerOutput
  readonly clock: Clock
  /** Whether it is suspended without the engine's knowledge. */
  readonly freezes: boolean
  /** Kills and removes it and what belongs to it; never rejects. */
  readonly remove: () => Promise<void>
}

/** A container on the engine. Its owner passes on what the engine reports of it. */
export class DockerContainer implements Container {
  readonly id: string
  readonly exited: Promise<ContainerExit>
  readonly #parts: DockerContainerParts
  readonly #oom = new AbortController()
  #settle: (exit: ContainerExit) => void = () => undefined
  #client: RuntimeClient | undefined
  #group: ControlGroup | undefined
  #ended = false
  #destroyed: Promise<void> | undefined

  constructor(parts: DockerContainerParts) {
    this.id = parts.id
    this.#parts = parts
    this.exited = new Promise((resolve) => (this.#settle = resolve))
  }

  /** The runtime answers `client`; `group` is needed where the container `freezes`. */
  ready(client: RuntimeClient, group: ControlGroup | undefined): void {
    this.#client = client
    this.#group = group
  }

  init(body: string, options: CallOptions): Promise<RuntimeReply> {
    return this.#reachable().init(body, options)
  }

  run(body: string, options: CallOptions): Promise<RuntimeReply> {
    return this.#reachable().run(body, options)
  }

  recall(): void {
    this.#client?.recall?.()
  }

  openLog(activationId: string, options: LogOptions): ActivationLog {
    return this.#parts.logs.open(activationId, options)
  }

  async suspend(): Promise<void> {
    const { freezes, handle, clock } = this.#parts
    if (freezes) await this.#freezer().freeze(clock)
    else await this.#change('suspend', handle.pause(), true)
  }

  async resume(): Promise<void> {
    const { freezes, handle, clock } = this.#parts
    if (freezes) await this.#freezer().thaw(clock)
    else await this.#change('resume', handle.unpause(), false)
  }

  destroy(): Promise<void> {
    this.#destroyed ??= this.#destroy()
    return this.#destroyed
  }

  /** The engine reports that it ended; undefined when it has no record of how. */
  died(exitCode: number | undefined): void {
    if (this.#ended) return
    this.#ended = true
    void this.#conclude(exitCode, this.#destroyed !== undefined)
  }

  /** The engine reports that the kernel ran out of memory for it. */
  ranOutOfMemory(): void {
    this.#oom.abort()
  }

  /** The engine answers again: goes on where it was left, or learns that it ended. */
  async reconnected(): Promise<void> {
    const state = await this.#state()
    if (!state || !state.Running) this.died(state?.ExitCode)
    else if (!this.#ended) await this.#parts.output.attach(this.#parts.handle)
  }

  async #destroy(): Promise<void> {
    const { remove, clock } = this.#parts
    // Not awaited before: the end of the runtime tells it what had begun.
    const closed = this.#client?.close()
    // What is frozen without the engine's knowledge would not die of its signal.
    if (this.#group?.frozen) await this.#group.thaw(clock)
    await remove()
    await closed
    this.died(undefined)
    await this.exited
  }

  async #conclude(exitCode: number | undefined, destroyed: boolean): Promise<void> {
    const { output } = this.#parts
    await output.drain()
    await this.#client?.close()
    if (destroyed) this.#settle({ reason: 'destroyed', ...(exitCode !== undefined && { exitCode }) })
    else this.#settle(exitReason(exitCode, await this.#oomKilled(exitCode), output.lastWords))
  }

  async #oomKilled(exitCode: number | undefined): Promise<boolean> {
    if (exitCode !== KILLED || this.#oom.signal.aborted) return this.#oom.signal.aborted
    const state = await this.#state().catch(() => undefined)
    if (state?.OOMKilled) return true
    // The engine writes it down a moment after it has announced the end.
    await this.#parts.clock.sleep(OOM_NEWS_MS, this.#oom.signal)
    return this.#oom.signal.aborted
  }

  async #state(): Promise<Dockerode.ContainerInspectInfo['State'] | undefined> {
    return (await unless([404], this.#parts.handle.inspect()))?.State
  }

  /** The engine refuses what is so already in different ways: its state tells. */
  async #change(what: string, call: Promise<unknown>, paused: boolean): Promise<void> {
    try {
      await call
    } catch (error) {
      const state = await this.#state().catch(() => undefined)
      if (state?.Running && state.Paused === paused) return
      throw toPlatformError(error, what)
    }
  }

  #freezer(): ControlGroup {
    if (!this.#group) throw new PlatformError('ERR_UNAVAILABLE', 'the control group of the container is not to be seen')
    return this.#group
  }

  #reachable(): RuntimeClient {
    if (!this.#client) throw new PlatformError('ERR_NOT_REACHED', 'the container is not ready')
    return this.#client
  }
}
