import { PlatformError } from '../../errors.ts'
import type { CallOptions, RuntimeReply } from '../container-factory.ts'
import { Deadlines } from '../../time/deadlines.ts'
import { FrameChannel, type Greeting } from './frame-channel.ts'
import { FrameType, LARGEST_CALL } from './frame-format.ts'
import { PendingCall } from './pending-call.ts'
import type { RuntimeClientOptions } from './runtime-client.ts'

const DUMMY_REPLY_BYTES = 65_536
/** How long the end of a runtime that is being killed is waited for. */
const END_WAIT_MS = 2_000

/**
 * Speaks frames with one container, over one connection for all calls. After `disconnect` the next call opens a new
 * one, and follows the opening at once.
 */
export class FramedRuntimeClient {
  readonly #options: RuntimeClientOptions
  readonly #deadlines: Deadlines
  readonly #onExpired = (call: PendingCall): void => this.#channel?.abandon(call)
  readonly #onEnded = (call: PendingCall): void => void this.#deadlines.remove(call)
  readonly #onBegun = (call: PendingCall): void => {
    call.begin(this.#options.clock.monotonic())
    this.#deadlines.add(call)
  }
  #channel: FrameChannel | undefined
  #whenClosed: (() => void) | undefined
  #closing: Promise<void> | undefined
  #number = 0
  #closed = false

  constructor(options: RuntimeClientOptions) {
    this.#options = options
    this.#deadlines = Deadlines.of(options.clock)
  }

  get pending(): number {
    return this.#channel?.pending ?? 0
  }

  /** Opens the connection, and tells who answered. */
  open(timeoutMs: number): Promise<Greeting> {
    return new Promise((resolve) => {
      const channel = this.#connect(false, (greeting) => {
        timer.cancel()
        resolve(greeting)
      })
      const timer = this.#options.clock.setTimer(timeoutMs, () => channel.destroy())
      this.#channel = channel
    })
  }

  init(body: string, options: CallOptions): Promise<RuntimeReply> {
    return this.#send(FrameType.init, body, options)
  }

  run(body: string, options: CallOptions): Promise<RuntimeReply> {
    return this.#send(FrameType.run, body, options)
  }

  /** A run that is refused, so that the first real one finds everything loaded. */
  async prime(timeoutMs: number): Promise<void> {
    await this.run('{}', { timeoutMs, maxReplyBytes: DUMMY_REPLY_BYTES, truncateAtBytes: DUMMY_REPLY_BYTES })
  }

  disconnect(): void {
    this.#channel?.destroy()
  }

  recall(): void {
    this.#channel?.recall()
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    this.#closed = true
    const channel = this.#channel
    if (!channel?.hasFollowers) return this.disconnect()
    await new Promise<void>((resolve) => {
      const timer = this.#options.clock.setTimer(END_WAIT_MS, () => channel.destroy())
      this.#whenClosed = () => {
        timer.cancel()
        resolve()
      }
    })
  }

  #send(type: number, body: string, options: CallOptions): Promise<RuntimeReply> {
    return new Promise((resolve, reject) => {
      if (this.#closed) return reject(new PlatformError('ERR_NOT_REACHED', 'the container is gone'))
      this.#number = this.#number === LARGEST_CALL ? 1 : this.#number + 1
      const now = this.#options.clock.monotonic()
      const call = new PendingCall(this.#number, type, body, options, now, resolve, reject, this.#onExpired)
      this.#channel ??= this.#connect(true)
      this.#channel.send(call)
      if (!call.before) this.#deadlines.add(call)
    })
  }

  #connect(known: boolean, onGreeting?: (greeting: Greeting) => void): FrameChannel {
    return new FrameChannel({
      endpoint: this.#options.endpoint,
      known,
      log: this.#options.log,
      ...(onGreeting && { onGreeting }),
      onEnded: this.#onEnded,
      onBegun: this.#onBegun,
      onClosed: (channel) => {
        if (this.#channel === channel) this.#channel = undefined
        this.#whenClosed?.()
      },
    })
  }
}
