import {
  isPlatformError,
  PlatformError,
  type ActivationLog,
  type CallOptions,
  type Clock,
  type Container,
  type ContainerExit,
  type LogDemultiplexer,
  type LogOptions,
  type Logger,
  type RuntimeReply,
} from '@stemcell/core'
import type { RuntimeClient } from '@stemcell/core/runtime-client'
import type { PodLife } from '../pod/pod-life.ts'
import type { PodOutput } from './pod-output.ts'

/** A kubelet looks after its containers once a second, and the news has a way to go. */
const NEWS_MS = 3_000

export interface KubernetesContainerParts {
  readonly life: PodLife
  readonly client: RuntimeClient
  readonly logs: LogDemultiplexer
  readonly output: PodOutput
  readonly clock: Clock
  readonly logger: Logger
  /** Ends and removes the pod; never rejects. */
  readonly remove: () => Promise<void>
}

/** A pod whose runtime has answered. */
export class KubernetesContainer implements Container {
  readonly id: string
  readonly exited: Promise<ContainerExit>
  readonly #parts: KubernetesContainerParts
  #destroyed: Promise<void> | undefined

  constructor(parts: KubernetesContainerParts) {
    this.#parts = parts
    this.id = parts.life.name
    this.exited = this.#end()
  }

  init(body: string, options: CallOptions): Promise<RuntimeReply> {
    return this.#explained(this.#parts.client.init(body, options))
  }

  run(body: string, options: CallOptions): Promise<RuntimeReply> {
    return this.#explained(this.#parts.client.run(body, options))
  }

  recall(): void {
    this.#parts.client.recall?.()
  }

  openLog(activationId: string, options: LogOptions): ActivationLog {
    return this.#parts.logs.open(activationId, options)
  }

  suspend(): Promise<void> {
    return Promise.reject(notSuspended())
  }

  resume(): Promise<void> {
    return Promise.reject(notSuspended())
  }

  destroy(): Promise<void> {
    this.#destroyed ??= this.#destroy()
    return this.#destroyed
  }

  async #destroy(): Promise<void> {
    // Not awaited before: the end of the runtime tells it what had begun.
    const closed = this.#parts.client.close()
    await this.#parts.remove()
    await closed
    await this.exited
  }

  async #end(): Promise<ContainerExit> {
    const { life, output, client, logger } = this.#parts
    await life.until(() => life.ended(''))
    await output.drain()
    await client.close()
    const { eviction } = life
    if (this.#destroyed === undefined && eviction !== undefined) {
      logger.warn({ pod: life.name, reason: eviction }, 'a pod was taken away')
    }
    const exit = life.ended(output.lastWords)!
    return this.#destroyed === undefined ? exit : { ...exit, reason: 'destroyed' }
  }

  /** Why a connection broke is known a moment later than that it did: who asks at once shall not be told nothing. */
  async #explained(call: Promise<RuntimeReply>): Promise<RuntimeReply> {
    try {
      return await call
    } catch (error) {
      if (this.#destroyed === undefined && isPlatformError(error, 'ERR_CONNECTION_LOST')) {
        const known = new AbortController()
        void this.exited.then(() => known.abort())
        await this.#parts.clock.sleep(NEWS_MS, known.signal)
      }
      throw error
    }
  }
}

function notSuspended(): PlatformError {
  return new PlatformError('ERR_UNSUPPORTED', 'Kubernetes does not suspend pods')
}
