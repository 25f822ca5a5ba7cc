import { PlatformError } from '../../errors.ts'
import type { CallOptions, RuntimeReply } from '../container-factory.ts'
import { Deadline } from '../../time/deadlines.ts'

/** One call from its frame to its result; settles once. */
export class PendingCall extends Deadline {
  readonly number: number
  readonly type: number
  /** Until it was given to the socket. */
  body: string
  readonly options: CallOptions
  readonly resolve: (reply: RuntimeReply) => void
  readonly reject: (error: PlatformError) => void
  readonly #onExpired: (call: PendingCall) => void
  /** Its frame was given to the socket: it may have been received. */
  sent = false
  /** It waits in the runtime for this one, and perhaps for others before. */
  before: PendingCall | undefined
  /** Waits for this one. */
  follower: PendingCall | undefined
  /** It was asked back. */
  recalled = false
  /** Of a body in chunks. */
  chunks: Buffer[] | undefined
  status = 0
  received = 0
  kept = 0

  constructor(
    number: number,
    type: number,
    body: string,
    options: CallOptions,
    now: number,
    resolve: (reply: RuntimeReply) => void,
    reject: (error: PlatformError) => void,
    onExpired: (call: PendingCall) => void,
  ) {
    super(now + options.timeoutMs)
    this.number = number
    this.type = type
    this.body = body
    this.options = options
    this.resolve = resolve
    this.reject = reject
    this.#onExpired = onExpired
  }

  override get isOfOthers(): boolean {
    return true
  }

  expire(): void {
    const { timeoutMs } = this.options
    this.#onExpired(this)
    this.reject(
      this.sent
        ? new PlatformError('ERR_TIMEOUT', `the container did not answer within ${timeoutMs} ms`)
        : new PlatformError('ERR_NOT_REACHED', `no connection to the container within ${timeoutMs} ms`),
    )
  }

  /** It has begun only now: its time is counted from here. */
  begin(now: number): void {
    this.deadlineMs = now + this.options.timeoutMs
    this.options.behind!()
  }

  /** The connection is gone; with `complete`, all that the runtime said before was read. */
  lose(cause: Error | undefined, complete: boolean): void {
    this.reject(
      // The result of the one before would have come before it began.
      this.sent && !(complete && this.before)
        ? new PlatformError('ERR_CONNECTION_LOST', lostText(cause), { cause })
        : new PlatformError('ERR_NOT_REACHED', 'no connection to the container', { cause }),
    )
  }
}

function lostText(cause: Error | undefined): string {
  const text = 'the connection to the container broke'
  return cause?.name === 'FrameError' ? `${text}: ${cause.message}` : text
}
