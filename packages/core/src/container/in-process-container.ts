import { PlatformError } from '../errors.ts'
import type { Clock } from '../time/clock.ts'
import type { ActivationLog, LogLine } from './activation-log.ts'
import { ActivationLogBuffer } from './activation-log-buffer.ts'
import type {
  CallOptions,
  Container,
  ContainerExit,
  ContainerSpec,
  LogOptions,
  RuntimeReply,
} from './container-factory.ts'
import type { ContainerProgram, ProgramHost, ProgramReply } from './container-program.ts'
import { cutUtf8 } from './cut-utf8.ts'
import { LogTimestamp } from './log-timestamp.ts'

/** A container without walls: its program runs in this process, its time is the injected clock's. */
export class InProcessContainer implements Container, ProgramHost {
  readonly id: string
  readonly spec: ContainerSpec
  readonly exited: Promise<ContainerExit>
  readonly #clock: Clock
  readonly #time: LogTimestamp
  readonly #canSuspend: boolean
  readonly #logs = new Map<string, ActivationLogBuffer>()
  readonly #pending = new Set<(error: PlatformError) => void>()
  /** Runs that were sent behind others, in their order. */
  #waiting: WaitingRun[] = []
  #program: ContainerProgram | undefined
  #settleExit: (exit: ContainerExit) => void = () => undefined
  #state: 'running' | 'suspended' | 'dead' = 'running'
  #resumed: Promise<void> = Promise.resolve()
  #wakeResumed: () => void = () => undefined

  constructor(id: string, spec: ContainerSpec, clock: Clock, canSuspend: boolean) {
    this.id = id
    this.spec = spec
    this.#clock = clock
    this.#time = new LogTimestamp(clock)
    this.#canSuspend = canSuspend
    this.exited = new Promise((resolve) => (this.#settleExit = resolve))
  }

  get state(): 'running' | 'suspended' | 'dead' {
    return this.#state
  }

  started(program: ContainerProgram): void {
    this.#program = program
  }

  init(body: string, options: CallOptions): Promise<RuntimeReply> {
    return this.#call((program) => program.init(body), options)
  }

  run(body: string, options: CallOptions): Promise<RuntimeReply> {
    const call = (): Promise<RuntimeReply> => this.#call((program) => program.run(body), options)
    const { behind } = options
    if (!behind || this.#pending.size === 0) return call()
    return new Promise((resolve, reject) => {
      this.#waiting.push({
        begin() {
          behind()
          resolve(call())
        },
        reject,
      })
    })
  }

  recall(): void {
    this.#endWaiting(new PlatformError('ERR_RECALLED', 'the run was asked back before it began'))
  }

  openLog(activationId: string, options: LogOptions): ActivationLog {
    const log = new ActivationLogBuffer(this.#clock, options, () => this.#logs.delete(activationId))
    if (this.#state === 'dead') this.#end(log)
    this.#logs.set(activationId, log)
    return log
  }

  log(activationId: string | undefined, stream: LogLine['stream'], text: string): void {
    this.#time.tick()
    this.#logOf(activationId)?.line(stream, Buffer.from(text), this.#time.next())
  }

  endLog(activationId: string | undefined): void {
    const log = this.#logOf(activationId)
    if (log) this.#end(log)
  }

  async suspend(): Promise<void> {
    if (!this.#canSuspend) throw new PlatformError('ERR_UNSUPPORTED', 'this factory cannot suspend containers')
    await this.#living().suspend()
    if (this.#state !== 'running') return
    this.#state = 'suspended'
    this.#resumed = new Promise((resolve) => (this.#wakeResumed = resolve))
  }

  async resume(): Promise<void> {
    if (!this.#canSuspend) throw new PlatformError('ERR_UNSUPPORTED', 'this factory cannot suspend containers')
    await this.#living().resume()
    if (this.#state !== 'suspended') return
    this.#state = 'running'
    this.#wakeResumed()
  }

  destroy(): Promise<void> {
    this.exit({ reason: 'destroyed' })
    return Promise.resolve()
  }

  exit(exit: ContainerExit): void {
    if (this.#state === 'dead') return
    this.#state = 'dead'
    this.#program?.stop()
    for (const log of this.#logs.values()) this.#end(log)
    const lost = new PlatformError('ERR_CONNECTION_LOST', 'the container ended during the call')
    for (const reject of this.#pending) reject(lost)
    this.#pending.clear()
    this.#endWaiting(new PlatformError('ERR_NOT_REACHED', 'the container ended before the run began'))
    this.#wakeResumed()
    this.#settleExit(exit)
  }

  #endWaiting(error: PlatformError): void {
    const waiting = this.#waiting
    this.#waiting = []
    for (const { reject } of waiting) reject(error)
  }

  #living(): ContainerProgram {
    if (this.#state === 'dead' || !this.#program) throw new PlatformError('ERR_UNAVAILABLE', 'the container is gone')
    return this.#program
  }

  #call(send: (program: ContainerProgram) => Promise<ProgramReply>, options: CallOptions): Promise<RuntimeReply> {
    const program = this.#program
    if (this.#state === 'dead' || !program) {
      return Promise.reject(new PlatformError('ERR_NOT_REACHED', 'the container is gone'))
    }
    return new Promise((resolve, reject) => {
      const settle = (tell: () => void): void => {
        timer.cancel()
        if (this.#pending.delete(fail)) tell()
      }
      const fail = (error: unknown): void => settle(() => reject(error as Error))
      const timer = this.#clock.setTimer(options.timeoutMs, () =>
        fail(new PlatformError('ERR_TIMEOUT', `the container did not answer within ${options.timeoutMs} ms`)),
      )
      this.#pending.add(fail)
      const answered = this.#state === 'running' ? send(program) : this.#resumed.then(() => send(program))
      void answered
        .then((reply) => settle(() => resolve(limited(reply, options))), fail)
        // The program answers one after the other, also behind one that nobody waits for any more.
        .then(() => this.#waiting.shift()?.begin())
    })
  }

  #logOf(activationId: string | undefined): ActivationLogBuffer | undefined {
    if (activationId !== undefined) return this.#logs.get(activationId)
    return this.#logs.size === 1 ? this.#logs.values().next().value : undefined
  }

  #end(log: ActivationLogBuffer): void {
    this.#time.tick()
    const time = this.#time.next()
    log.end('stdout', time)
    log.end('stderr', time)
  }
}

interface WaitingRun {
  readonly begin: () => void
  readonly reject: (error: PlatformError) => void
}

function limited({ status, body, brief }: ProgramReply, { maxReplyBytes, truncateAtBytes }: CallOptions): RuntimeReply {
  const bodyBytes = Buffer.byteLength(body)
  if (bodyBytes <= maxReplyBytes) return { status, body, bodyBytes, truncated: false, ...(brief && { brief }) }
  return { status, body: cutUtf8(Buffer.from(body), truncateAtBytes).toString(), bodyBytes, truncated: true }
}
