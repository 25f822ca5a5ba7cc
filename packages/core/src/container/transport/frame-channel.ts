import { connect, type Socket } from 'node:net'
import { cutUtf8 } from '../cut-utf8.ts'
import {
  FIRST_OPTIONAL,
  FrameError,
  FrameFlag,
  FrameType,
  HEADER_BYTES,
  MAX_LOG_BYTES,
  NOT_BEGUN,
  largestTextFrame,
  OPENING,
  putTextFrame,
  textFrame,
} from './frame-format.ts'
import { FrameReader, type FrameHeader, type FrameSink } from './frame-reader.ts'
import type { PendingCall } from './pending-call.ts'
import { neededBytes, replyOf } from './reply.ts'
import type { FramedLog, RuntimeEndpoint } from './runtime-client.ts'
import { PlatformError } from '../../errors.ts'
import { TransientMap } from '../../collections/transient-map.ts'
import { writeAtOnce } from './write-at-once.ts'

const BUFFER_BYTES = 65_536

/** All channels read into this one: what arrives is taken up before the next read. */
const readBuffer = Buffer.allocUnsafeSlow(BUFFER_BYTES)

/** All channels put together in this one what they send. */
const writeBuffer = Buffer.allocUnsafeSlow(BUFFER_BYTES)

const MAX_FAULT_BYTES = 1_000
const MAX_GREETING_BYTES = 8_192
const HEAD_END = Buffer.from('\r\n\r\n')
const ACCEPTED = /^HTTP\/1\.1 101 [^]*\r\nupgrade: *stemcell-frames\/1\r\n/i
const CREDIT_BYTES = 4

/** What answered the opening: a runtime that speaks frames, one that speaks HTTP, or nobody. */
export type Greeting = 'frames' | 'http' | 'nothing'

export interface ChannelOptions {
  readonly endpoint: RuntimeEndpoint
  /** The runtime has spoken frames before: calls follow the opening at once. */
  readonly known: boolean
  readonly log: FramedLog | undefined
  /** Called once, when it is known who answered. */
  readonly onGreeting?: (greeting: Greeting) => void
  /** The call has ended: its deadline is of no interest any more. */
  readonly onEnded: (call: PendingCall) => void
  /** The call waited for another one, which has ended. */
  readonly onBegun: (call: PendingCall) => void
  /** Called once: no call will be taken or answered any more. */
  readonly onClosed: (channel: FrameChannel) => void
}

/** One connection to a runtime that speaks frames. */
export class FrameChannel implements FrameSink {
  readonly #options: ChannelOptions
  readonly #socket: Socket
  readonly #reader = new FrameReader(this)
  readonly #calls = new TransientMap<number, PendingCall>()
  /** Calls that nobody waits for any more, whose result is still to come. */
  readonly #abandoned = new Map<number, PendingCall>()
  /** The latest call, while it has no result. */
  #last: PendingCall | undefined
  #state: 'connecting' | 'greeting' | 'open' | 'closed' = 'connecting'
  #greeting = Buffer.alloc(0)
  /** Whose frames have not been given to the socket. */
  #unsent: PendingCall[] = []
  #flushes = false
  #told = false

  constructor(options: ChannelOptions) {
    this.#options = options
    const { endpoint } = options
    this.#socket = connect({
      ...('socketPath' in endpoint ? { path: endpoint.socketPath } : endpoint),
      noDelay: true,
      onread: {
        buffer: readBuffer,
        callback: (size, bytes) => {
          this.#received(bytes as Buffer, size)
          return true
        },
      },
    })
    this.#socket.once('connect', () => this.#connected())
    // On one machine, a peer that is killed before it read everything ends its side like that, behind all that it said.
    const local = 'socketPath' in endpoint
    this.#socket.once('error', (error: NodeJS.ErrnoException) => {
      this.#close(error, local && error.syscall === 'read' && !this.#reader.torn)
    })
    const ended = (): void => {
      const { torn } = this.#reader
      this.#close(torn ? new FrameError('it ended within a frame') : undefined, !torn)
    }
    // No answer comes behind the end: what is sent from here on goes over another connection.
    this.#socket.once('end', ended)
    this.#socket.once('close', ended)
  }

  get pending(): number {
    return this.#calls.size
  }

  /** The frame of the call leaves now, or with others of this turn when the runtime has work already. */
  send(call: PendingCall): void {
    this.#calls.set(call.number, call)
    if (call.options.behind && this.#last) {
      call.before = this.#last
      this.#last.follower = call
    }
    this.#last = call
    this.#unsent.push(call)
    if (!this.#mayWrite) return
    if (this.#calls.size === 1) return this.#flush()
    if (this.#flushes) return
    this.#flushes = true
    setImmediate(() => this.#flush())
  }

  /** Nobody waits for the call any more. What was not sent never will be. */
  abandon(call: PendingCall): void {
    this.#calls.delete(call.number)
    if (this.#unsend(call)) this.#leave(call)
    else if (this.#state !== 'closed') {
      this.#abandoned.set(call.number, call)
      writeAtOnce(this.#socket, bareFrame(FrameType.cancel, call.number))
    }
  }

  /** Calls that wait in the runtime for others are wanted back. */
  recall(): void {
    const cancels: Buffer[] = []
    for (const call of this.#calls.values()) {
      if (!call.before || call.recalled) continue
      call.recalled = true
      if (this.#unsend(call)) {
        this.#calls.delete(call.number)
        this.#leave(call)
        call.reject(recalled())
      } else cancels.push(bareFrame(FrameType.cancel, call.number))
    }
    if (cancels.length > 0 && this.#state !== 'closed') writeAtOnce(this.#socket, Buffer.concat(cancels))
  }

  /** Some wait in the runtime for others. */
  get hasFollowers(): boolean {
    return this.#calls.values().some(({ before, sent }) => before && sent)
  }

  #unsend(call: PendingCall): boolean {
    const at = this.#unsent.indexOf(call)
    if (at < 0) return false
    this.#unsent.splice(at, 1)
    return true
  }

  /** The runtime has no more to do with the call: the next one begins, or waits for the one before. */
  #leave(call: PendingCall): void {
    const { before, follower } = call
    if (this.#last === call) this.#last = before
    if (before) before.follower = follower
    if (!follower) return
    call.follower = undefined
    follower.before = before
    if (!before) this.#options.onBegun(follower)
  }

  /** Calls in progress are lost. */
  destroy(reason?: Error): void {
    this.#close(reason)
  }

  wanted(header: FrameHeader): number {
    const { type, call: number, length } = header
    if (type === FrameType.result || type === FrameType.chunk) {
      const call = this.#calls.get(number)
      if (!call) {
        if (this.#abandoned.has(number)) return 0
        throw new FrameError(`a result for call ${number}, which was not made or has one already`)
      }
      if (type === FrameType.chunk && !call.chunks)
        throw new FrameError(`a chunk without a beginning, of call ${number}`)
      const needed = neededBytes(call.received + length, call.options)
      return Math.max(0, needed - call.kept)
    }
    if (type === FrameType.fault) return MAX_FAULT_BYTES
    if (type === FrameType.log || type === FrameType.logEnd) {
      if (length <= MAX_LOG_BYTES) return length
      throw new FrameError(`a log frame of ${length} bytes`)
    }
    if (type >= FIRST_OPTIONAL) return 0
    throw new FrameError(`a frame of type ${type}, which this version does not know`)
  }

  frame(header: FrameHeader, bytes: Buffer, start: number, end: number): void {
    switch (header.type) {
      case FrameType.result:
      case FrameType.chunk:
        return this.#result(header, bytes, start, end)
      case FrameType.log:
      case FrameType.logEnd:
        return this.#log(header, bytes, start, end)
      case FrameType.fault: {
        const text = cutUtf8(bytes.subarray(start, end), MAX_FAULT_BYTES).toString()
        throw new FrameError(`the runtime hung up: ${text}`)
      }
    }
  }

  /** A byte that tells how long the activation's id is, the id, the text. */
  #log({ type, flags, detail }: FrameHeader, bytes: Buffer, start: number, end: number): void {
    const idEnd = start + 1 + (bytes[start] ?? 0)
    if (start === end || idEnd > end) throw new FrameError('a log frame without an activation')
    const { log } = this.#options
    const id = bytes.toString('latin1', start + 1, idEnd)
    if (type === FrameType.logEnd) return log?.framedEnd(id)
    const stream = detail === 2 ? 'stderr' : 'stdout'
    log?.framed(id, stream, bytes.subarray(idEnd, end), (flags & FrameFlag.more) !== 0)
  }

  #result(header: FrameHeader, bytes: Buffer, start: number, end: number): void {
    const { call: number, flags, length } = header
    const more = (flags & FrameFlag.more) !== 0
    const call = this.#calls.get(number)
    if (!call) {
      if (more) return this.#grant(number, length)
      const abandoned = this.#abandoned.get(number)
      this.#abandoned.delete(number)
      if (abandoned) this.#leave(abandoned)
      return
    }
    if (header.type === FrameType.result) call.status = header.detail
    call.received += length
    if (more || call.chunks) {
      call.chunks ??= []
      call.chunks.push(Buffer.from(bytes.subarray(start, end)))
      call.kept += end - start
      if (more) return this.#grant(number, length)
    }
    this.#calls.delete(number)
    this.#options.onEnded(call)
    this.#leave(call)
    if (call.status === NOT_BEGUN) {
      if (call.recalled) return call.reject(recalled())
      return call.reject(new PlatformError('ERR_NOT_REACHED', 'the runtime did not begin the call'))
    }
    const silent = (flags & FrameFlag.silent) !== 0
    const brief = (flags & FrameFlag.brief) !== 0
    const { status, chunks, received, options } = call
    if (!chunks) return call.resolve(replyOf(status, bytes, start, end, length, options, silent, brief))
    const body = Buffer.concat(chunks, call.kept)
    call.resolve(replyOf(status, body, 0, body.length, received, options, silent, brief))
  }

  /** What was taken up makes room for as much. */
  #grant(number: number, bytes: number): void {
    const frame = Buffer.alloc(HEADER_BYTES + CREDIT_BYTES)
    frame.writeUInt32BE(CREDIT_BYTES)
    frame[4] = FrameType.credit
    frame.writeUInt32BE(number, 8)
    frame.writeUInt32BE(bytes, HEADER_BYTES)
    writeAtOnce(this.#socket, frame)
  }

  get #mayWrite(): boolean {
    return this.#state === 'open' || (this.#state === 'greeting' && this.#options.known)
  }

  #connected(): void {
    if (this.#state !== 'connecting') return
    this.#state = 'greeting'
    this.#socket.write(OPENING, 'latin1')
    if (this.#mayWrite) this.#flush()
  }

  #received(bytes: Buffer, size: number): void {
    try {
      if (this.#state === 'open') this.#reader.write(bytes, size)
      else if (this.#state === 'greeting') this.#greet(bytes.subarray(0, size))
    } catch (error) {
      this.#close(error as Error)
    }
  }

  /** An HTTP server may say anything; only its first words matter. */
  #greet(bytes: Buffer): void {
    const said = Buffer.concat([this.#greeting, bytes])
    this.#greeting = said
    const text = said.toString('latin1', 0, 16)
    const end = said.indexOf(HEAD_END)
    if (text.startsWith('HTTP/1.1 101 ') || 'HTTP/1.1 101 '.startsWith(text)) {
      if (end < 0 && said.length <= MAX_GREETING_BYTES) return
      if (end >= 0 && ACCEPTED.test(said.toString('latin1', 0, end + 2))) {
        this.#state = 'open'
        this.#greeting = Buffer.alloc(0)
        this.#tell('frames')
        this.#flush()
        const rest = said.subarray(end + HEAD_END.length)
        if (rest.length > 0) this.#reader.write(rest)
        return
      }
    } else if (said.length < 'HTTP/1.1 '.length) return
    this.#tell(/^HTTP\/1\.[01] \d/.test(text) ? 'http' : 'nothing')
    throw new FrameError('the runtime does not speak frames any more')
  }

  #tell(greeting: Greeting): void {
    if (this.#told) return
    this.#told = true
    this.#options.onGreeting?.(greeting)
  }

  #flush(): void {
    this.#flushes = false
    const calls = this.#unsent
    if (calls.length === 0 || this.#state === 'closed') return
    this.#unsent = []
    let size = 0
    let first = 0
    for (let at = 0; at < calls.length; at++) {
      const { type, number, body } = calls[at]!
      const needed = largestTextFrame(body)
      if (size > 0 && size + needed > writeBuffer.length) {
        this.#write(writeBuffer.subarray(0, size), calls, first, at)
        size = 0
        first = at
      }
      if (needed <= writeBuffer.length) size = putTextFrame(writeBuffer, size, type, number, body)
      else {
        this.#write(textFrame(type, number, body), calls, at, at + 1)
        first = at + 1
      }
    }
    if (size > 0) this.#write(writeBuffer.subarray(0, size), calls, first, calls.length)
  }

  /** The frames of some calls. Those that a runtime which is ending does not take were not sent; what it said last is read. */
  #write(frames: Buffer, calls: readonly PendingCall[], from: number, to: number): void {
    const sent = writeAtOnce(this.#socket, frames) === 'taken'
    for (let at = from; at < to; at++) {
      calls[at]!.sent = sent
      calls[at]!.body = ''
    }
  }

  #close(cause: Error | undefined, complete = false): void {
    if (this.#state === 'closed') return
    this.#state = 'closed'
    this.#socket.destroy()
    // Later errors of the socket are about a connection that nobody uses.
    this.#socket.on('error', () => undefined)
    this.#unsent = []
    this.#abandoned.clear()
    this.#options.onClosed(this)
    this.#tell('nothing')
    for (const call of this.#calls.values()) {
      this.#options.onEnded(call)
      call.lose(cause, complete)
    }
    this.#calls.clear()
  }
}

function recalled(): PlatformError {
  return new PlatformError('ERR_RECALLED', 'the call was asked back before it began')
}

function bareFrame(type: number, call: number): Buffer {
  const frame = Buffer.alloc(HEADER_BYTES)
  frame[4] = type
  frame.writeUInt32BE(call, 8)
  return frame
}
