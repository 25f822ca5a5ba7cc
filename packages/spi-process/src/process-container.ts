import {
  PlatformError,
  type ActivationLog,
  type CallOptions,
  type Container,
  type ContainerExit,
  type LogDemultiplexer,
  type LogOptions,
  type RuntimeReply,
} from '@stemcell/core'
import type { RuntimeClient } from '@stemcell/core/runtime-client'
import type { WatchedProcess } from './memory/memory-watch.ts'
import type { ProcessFreezer } from './process-freezer.ts'
import type { RuntimeProcess } from './runtime-process.ts'

export interface ProcessContainerParts {
  readonly id: string
  readonly process: RuntimeProcess
  readonly client: RuntimeClient
  readonly logs: LogDemultiplexer
  readonly limitBytes: number
  readonly freezer: ProcessFreezer
  /** Removes what belongs to the container, once its process has ended. */
  readonly cleanUp: () => Promise<void>
}

/** A container that is a process and its descendants. */
export class ProcessContainer implements Container, WatchedProcess {
  readonly id: string
  readonly exited: Promise<ContainerExit>
  readonly pid: number
  readonly limitBytes: number
  readonly #parts: ProcessContainerParts
  readonly #gone: Promise<void>
  #killedFor: 'destroyed' | 'out-of-memory' | undefined
  #ended = false

  constructor(parts: ProcessContainerParts) {
    this.#parts = parts
    this.id = parts.id
    this.pid = parts.process.pid
    this.limitBytes = parts.limitBytes
    this.exited = parts.process.exited.then((exit) => {
      this.#ended = true
      return this.#killedFor ? { ...exit, reason: this.#killedFor } : exit
    })
    this.#gone = this.exited.then(async () => {
      await parts.client.close()
      await parts.cleanUp()
    })
  }

  get busy(): boolean {
    return this.#parts.client.pending > 0
  }

  /** @throws ERR_START_FAILED it ended, did not answer in time, or `signal` aborted. */
  async ready(timeoutMs: number, signal: AbortSignal | undefined): Promise<void> {
    const ended = new AbortController()
    const stop = (): void => ended.abort()
    void this.exited.then(stop)
    if (signal?.aborted) stop()
    signal?.addEventListener('abort', stop, { once: true })
    try {
      await this.#parts.client.waitReady(timeoutMs, ended.signal)
    } catch (error) {
      throw new PlatformError('ERR_START_FAILED', `the process did not answer within ${timeoutMs} ms`, { cause: error })
    } finally {
      signal?.removeEventListener('abort', stop)
    }
    if (signal?.aborted) throw new PlatformError('ERR_START_FAILED', 'the start was aborted', { cause: signal.reason })
    if (ended.signal.aborted) {
      const said = this.#parts.process.lastWords.slice(-500)
      throw new PlatformError('ERR_START_FAILED', `the process ended before it was ready: ${said}`)
    }
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

  async suspend(): Promise<void> {
    // The first run after it opens a connection, and so finds out whether anybody is still there before it is sent.
    await this.#parts.client.disconnect()
    this.#requireAlive()
    await this.#parts.freezer.stop(() => this.#ended)
  }

  async resume(): Promise<void> {
    this.#requireAlive()
    this.#parts.freezer.continue()
  }

  destroy(): Promise<void> {
    this.#kill('destroyed')
    return this.#gone
  }

  exceeded(): void {
    this.#kill('out-of-memory')
  }

  #kill(reason: 'destroyed' | 'out-of-memory'): void {
    if (this.#ended) return
    this.#killedFor ??= reason
    this.#parts.process.signal('SIGKILL')
  }

  /** Its id may be another's by now. */
  #requireAlive(): void {
    if (this.#ended) throw new PlatformError('ERR_UNAVAILABLE', 'the process is gone')
  }
}
