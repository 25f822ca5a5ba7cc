import type { Dispatcher } from 'undici'
import { PlatformError } from '../../errors.ts'
import type { Clock } from '../../time/clock.ts'
import type { CallOptions, RuntimeReply } from '../container-factory.ts'
import { Deadline, Deadlines } from '../../time/deadlines.ts'
import { replyOf } from './reply.ts'

/** Thrown into the driver to stop it; never seen by anybody else. */
const STOPPED = new Error('no longer wanted')

/** Follows one request to its reply and settles exactly once, by the reply, a failure or the time limit. */
export class RuntimeReplyReader extends Deadline implements Dispatcher.DispatchHandler {
  readonly #options: CallOptions
  readonly #resolve: (reply: RuntimeReply) => void
  readonly #reject: (error: PlatformError) => void
  readonly #deadlines: Deadlines
  readonly #onEnded: () => void
  #controller: Dispatcher.DispatchController | undefined
  #settled = false
  #status = 0
  #declared: number | undefined
  #chunks: Buffer[] = []
  #kept = 0
  #received = 0
  #silent = false

  constructor(
    options: CallOptions,
    clock: Clock,
    onEnded: () => void,
    resolve: (reply: RuntimeReply) => void,
    reject: (error: PlatformError) => void,
  ) {
    super(clock.monotonic() + options.timeoutMs)
    this.#options = options
    this.#resolve = resolve
    this.#reject = reject
    this.#onEnded = onEnded
    this.#deadlines = Deadlines.of(clock)
    this.#deadlines.add(this)
  }

  // The driver calls this right before the first byte leaves: until then nothing was sent.
  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller
    if (this.#settled) controller.abort(STOPPED)
  }

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    status: number,
    headers: Readonly<Record<string, string | string[] | undefined>>,
  ): void {
    if (status < 200) return
    this.#status = status
    const length = headers['content-length']
    this.#silent = headers['x-stemcell-log'] === 'none'
    this.#declared = typeof length === 'string' ? Number(length) : undefined
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#settled) return
    this.#received += chunk.length
    const { maxReplyBytes, truncateAtBytes } = this.#options
    const tooLong = (this.#declared ?? this.#received) > maxReplyBytes
    // One byte more than is handed over: it tells whether the cut falls inside a character.
    const room = (tooLong ? truncateAtBytes + 1 : maxReplyBytes) - this.#kept
    if (room > 0) {
      this.#chunks.push(chunk.length > room ? chunk.subarray(0, room) : chunk)
      this.#kept += Math.min(room, chunk.length)
    }
    // Without a declared length the rest must be read to learn how much there is; none of it is kept.
    if (tooLong && this.#declared !== undefined && this.#kept > truncateAtBytes) {
      this.#finish(this.#declared)
      controller.abort(STOPPED)
    }
  }

  onResponseEnd(): void {
    this.#finish(this.#received)
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    if (this.#controller) {
      this.#fail(new PlatformError('ERR_CONNECTION_LOST', 'the connection to the container broke', { cause: error }))
    } else {
      this.#fail(new PlatformError('ERR_NOT_REACHED', 'no connection to the container', { cause: error }))
    }
  }

  override get isOfOthers(): boolean {
    return true
  }

  expire(): void {
    const { timeoutMs } = this.#options
    if (this.#controller) {
      this.#fail(new PlatformError('ERR_TIMEOUT', `the container did not answer within ${timeoutMs} ms`))
      this.#controller.abort(STOPPED)
    } else {
      this.#fail(new PlatformError('ERR_NOT_REACHED', `no connection to the container within ${timeoutMs} ms`))
    }
  }

  #finish(bodyBytes: number): void {
    const bytes = this.#chunks.length === 1 ? this.#chunks[0]! : Buffer.concat(this.#chunks)
    const reply = replyOf(this.#status, bytes, 0, bytes.length, bodyBytes, this.#options, this.#silent)
    this.#settle(() => this.#resolve(reply))
  }

  #fail(error: PlatformError): void {
    this.#settle(() => this.#reject(error))
  }

  #settle(tell: () => void): void {
    if (this.#settled) return
    this.#settled = true
    this.#deadlines.remove(this)
    this.#onEnded()
    this.#chunks = []
    tell()
  }
}
