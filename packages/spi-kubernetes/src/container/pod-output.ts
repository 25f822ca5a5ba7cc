import type { Clock, LogDemultiplexer, Logger } from '@stemcell/core'
import type { WebSocket } from 'undici'
import { reasonOf } from '../api/api-refusal.ts'
import { readOutput } from '../api/output-channel.ts'
import type { Pods } from '../api/pods.ts'
import { ACTION } from '../pod/pod-request.ts'

/** Enough of standard error to find what V8 prints before it aborts. */
const TAIL_BYTES = 16_384
/** Longest wait for the rest of the output of a container that has ended. */
const DRAIN_MS = 2_000
const FIRST_PAUSE_MS = 100
const LONGEST_PAUSE_MS = 1_000

export interface PodOutputParts {
  readonly name: string
  readonly pods: Pods
  readonly logs: () => LogDemultiplexer
  readonly clock: Clock
  readonly logger: Logger
}

/**
 * The output of a pod's container, standard output and standard error apart, over a connection through the API server. One
 * that breaks is made anew; what was written between the two is lost, and logs that are open know it.
 */
export class PodOutput {
  readonly #parts: PodOutputParts
  readonly #stop = new AbortController()
  /** The container has ended: nothing that ends is made anew. */
  readonly #ending = new AbortController()
  #tail = Buffer.alloc(0)
  #socket: WebSocket | undefined
  #over: Promise<void> = Promise.resolve()

  constructor(parts: PodOutputParts) {
    this.#parts = parts
  }

  /** What the container said last on standard error. */
  get lastWords(): string {
    return this.#tail.toString().trim()
  }

  /** Resolves once the output is heard, or `stop` aborts; goes on hearing it until `drain` or `close`. */
  attach(stop: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      stop.addEventListener('abort', () => resolve(), { once: true })
      this.#over = this.#follow(resolve)
    })
  }

  /** The container has ended: resolves once all it wrote was taken. */
  async drain(): Promise<void> {
    this.#ending.abort()
    const late = new AbortController()
    const over = this.#over.then(() => late.abort())
    await Promise.race([over, this.#parts.clock.sleep(DRAIN_MS, late.signal)])
    late.abort()
    this.close()
    const logs = this.#parts.logs()
    logs.end('stdout')
    logs.end('stderr')
  }

  close(): void {
    this.#ending.abort()
    this.#stop.abort()
    if (this.#socket && this.#socket.readyState < 2) this.#socket.close()
  }

  async #follow(opened: () => void): Promise<void> {
    const { clock, logger, name, logs } = this.#parts
    let wasOpen = false
    for (
      let pauseMs = FIRST_PAUSE_MS;
      !this.#ending.signal.aborted;
      pauseMs = Math.min(LONGEST_PAUSE_MS, pauseMs * 2)
    ) {
      const { isOpen, reason } = await this.#once(() => {
        if (wasOpen) logs().gap()
        wasOpen = true
        opened()
      })
      if (isOpen) pauseMs = FIRST_PAUSE_MS
      if (this.#ending.signal.aborted) return
      logger.debug({ pod: name, reason }, 'the connection to the output of a pod ended')
      await clock.sleep(pauseMs, this.#ending.signal)
    }
  }

  async #once(opened: () => void): Promise<{ readonly isOpen: boolean; readonly reason: string }> {
    const { pods, name, logs } = this.#parts
    try {
      const socket = await pods.attach(name, ACTION)
      this.#socket = socket
      return await new Promise((resolve) => {
        let isOver = false
        void readOutput(socket, {
          output: (stream, bytes) => {
            if (stream === 'stderr') this.#tail = Buffer.concat([this.#tail, bytes]).subarray(-TAIL_BYTES)
            logs().write(stream, bytes)
          },
          ended: (isOpen, reason) => {
            isOver = true
            resolve({ isOpen, reason })
          },
        }).then(() => {
          if (!isOver) opened()
        })
        if (this.#stop.signal.aborted) socket.close()
      })
    } catch (error) {
      return { isOpen: false, reason: reasonOf(error) }
    }
  }
}
