import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createListener, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { FrameReader, FrameType, HEADER_BYTES, NOT_BEGUN, OPENING } from '@stemcell/core/runtime-client'
import type { BrokenDoubles } from '../kit/bite-suite.ts'
import type { RuntimeTransportSubject } from '../runtime-transport/runtime-transport-cases.ts'

/** What may be done wrong. */
interface Faults {
  /** The opening must come in one piece. */
  readonly wholeOpening?: boolean
  /** What follows the opening in the same read is lost. */
  readonly losesEarlyCalls?: boolean
  readonly noHttp?: boolean
  readonly runsBeforeInit?: boolean
  readonly answersTwice?: boolean
  /** Reads are taken for whole frames. */
  readonly wholeFrames?: boolean
  readonly refusesWhileBusy?: boolean
  /** Results leave when no call waits. */
  readonly gathersResults?: boolean
  readonly ignoresCancel?: boolean
  /** A cancelled call that has begun is not answered. */
  readonly dropsBegun?: boolean
  /** Answers a cancellation as if it were a call. */
  readonly answersCancel?: boolean
  readonly latin1?: boolean
  readonly silentFault?: boolean
  readonly faultsOnOptional?: boolean
  readonly keepsCallsOfLeavers?: boolean
}

interface Call {
  readonly number: number
  readonly value: { readonly holdMs?: number }
  readonly connection: Connection
  cancelled: boolean
}

/** A small runtime whose one action is built in. With no faults it keeps every promise. */
class SmallRuntime implements RuntimeTransportSubject {
  readonly action = { name: 'echo', main: 'main', code: 'built in', binary: false }
  readonly socketPath: string
  readonly faults: Faults
  readonly connections = new Set<Socket>()
  readonly #folder = mkdtempSync(join(tmpdir(), 'small-runtime-'))
  readonly #http = createServer((request, response) => void this.#answerHttp(request, response))
  readonly #server: Server
  initialised = false
  current: Call | undefined
  waiting: Call[] = []

  constructor(faults: Faults) {
    this.faults = faults
    this.socketPath = join(this.#folder, 's')
    this.#server = createListener((socket) => {
      this.connections.add(socket)
      new Connection(this, socket, (first) => {
        socket.unshift(first)
        this.#http.emit('connection', socket)
      })
    })
  }

  open(): Promise<void> {
    return new Promise((resolve) => this.#server.listen(this.socketPath, resolve))
  }

  async close(): Promise<void> {
    for (const socket of this.connections) socket.destroy()
    this.#server.close()
    rmSync(this.#folder, { recursive: true, force: true })
  }

  next(): void {
    while (!this.current && this.waiting.length > 0) this.begin(this.waiting.shift()!)
  }

  begin(call: Call): void {
    this.current = call
    const end = (): void => {
      this.current = undefined
      if (!(this.faults.dropsBegun && call.cancelled))
        call.connection.result(call.number, 200, JSON.stringify(call.value))
      this.next()
    }
    if (call.value.holdMs === undefined) end()
    else setTimeout(end, call.value.holdMs).unref()
  }

  async #answerHttp(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let text = ''
    for await (const part of request) text += String(part)
    if (text === '') response.writeHead(400).end('{}')
    else response.end(JSON.stringify((JSON.parse(text) as { value: unknown }).value))
  }
}

class Connection {
  readonly #runtime: SmallRuntime
  readonly #socket: Socket
  readonly #gathered: Buffer[] = []
  #first = ''
  #open = false
  #hungUp = false

  constructor(runtime: SmallRuntime, socket: Socket, toHttp: (first: Buffer) => void) {
    this.#runtime = runtime
    this.#socket = socket
    const { faults } = runtime
    const reader = new FrameReader({
      wanted: ({ length }) => length,
      frame: ({ type, call }, bytes, start, end) => {
        if (!this.#hungUp) this.#frame(type, call, bytes.toString(faults.latin1 ? 'latin1' : 'utf8', start, end))
      },
    })
    const read = (bytes: Buffer): void => {
      if (!faults.wholeFrames) return reader.write(bytes)
      if (bytes.length >= HEADER_BYTES && bytes.readUInt32BE() <= bytes.length - HEADER_BYTES) reader.write(bytes)
    }
    const greet = (bytes: Buffer): void => {
      if (this.#open) return read(bytes)
      this.#first += bytes.toString('latin1')
      const waits = this.#first.length < OPENING.length && OPENING.startsWith(this.#first)
      if (waits && !faults.wholeOpening) return
      if (!this.#first.startsWith(OPENING)) {
        socket.off('data', greet)
        if (faults.noHttp) socket.destroy()
        else toHttp(Buffer.from(this.#first, 'latin1'))
        return
      }
      this.#open = true
      socket.write('HTTP/1.1 101 Switching Protocols\r\nupgrade: stemcell-frames/1\r\n\r\n')
      const rest = Buffer.from(this.#first.slice(OPENING.length), 'latin1')
      if (rest.length > 0 && !faults.losesEarlyCalls) read(rest)
    }
    socket.on('data', greet)
    socket.on('error', () => undefined)
    socket.on('close', () => {
      if (!faults.keepsCallsOfLeavers) runtime.waiting = runtime.waiting.filter(({ connection }) => connection !== this)
    })
  }

  result(call: number, status: number, body: string): void {
    const bytes = Buffer.from(body)
    const header = Buffer.alloc(HEADER_BYTES)
    header.writeUInt32BE(bytes.length)
    header[4] = FrameType.result
    header.writeUInt16BE(status, 6)
    header.writeUInt32BE(call, 8)
    this.#gathered.push(header, bytes)
    const { faults, waiting } = this.#runtime
    if (faults.gathersResults && waiting.length > 0) return
    this.#socket.write(Buffer.concat(this.#gathered.splice(0)))
    if (this.#runtime.faults.answersTwice) this.#socket.write(Buffer.concat([header, bytes]))
  }

  #frame(type: number, number: number, body: string): void {
    const runtime = this.#runtime
    const { faults } = runtime
    if (type === FrameType.init) {
      runtime.initialised = true
      return this.result(number, 200, '{"ok":true}')
    }
    if (type === FrameType.run) return this.#run(number, body)
    if (type === FrameType.cancel) return this.#cancel(number)
    if (type >= 128 && !faults.faultsOnOptional) return
    this.#hungUp = true
    if (faults.silentFault) return void this.#socket.end()
    const text = Buffer.from(`no such type: ${type}`)
    const header = Buffer.alloc(HEADER_BYTES)
    header.writeUInt32BE(text.length)
    header[4] = FrameType.fault
    this.#socket.end(Buffer.concat([header, text]))
  }

  #run(number: number, body: string): void {
    const runtime = this.#runtime
    if (!runtime.initialised && !runtime.faults.runsBeforeInit) return this.result(number, 403, '{"error":"no action"}')
    const { value = {} } = JSON.parse(body) as { value?: Call['value'] }
    if (runtime.current && runtime.faults.refusesWhileBusy) return this.result(number, 403, '{"error":"busy"}')
    runtime.waiting.push({ number, value, connection: this, cancelled: false })
    runtime.next()
  }

  #cancel(number: number): void {
    const runtime = this.#runtime
    if (runtime.faults.ignoresCancel) return
    const mine = (call: Call): boolean => call.connection === this && call.number === number
    const at = runtime.waiting.findIndex(mine)
    if (at >= 0) {
      runtime.waiting.splice(at, 1)
      this.result(number, NOT_BEGUN, '{"error":"not begun"}')
    } else if (runtime.current && mine(runtime.current)) runtime.current.cancelled = true
    else if (runtime.faults.answersCancel) this.result(number, NOT_BEGUN, '{"error":"not begun"}')
  }
}

const runtime = (faults: Faults) => (): RuntimeTransportSubject => new SmallRuntime(faults)

/** Keeps every promise. */
export const faithfulRuntime: () => RuntimeTransportSubject = runtime({})

export const runtimeTransportDoubles: BrokenDoubles<RuntimeTransportSubject> = {
  'runtime-transport.accepts-the-opening-in-pieces': runtime({ wholeOpening: true }),
  'runtime-transport.takes-calls-right-behind-the-opening': runtime({ losesEarlyCalls: true }),
  'runtime-transport.speaks-http-to-everybody-else': runtime({ noHttp: true }),
  'runtime-transport.refuses-a-run-before-init': runtime({ runsBeforeInit: true }),
  'runtime-transport.answers-each-call-once': runtime({ answersTwice: true }),
  'runtime-transport.frames-may-be-cut-anywhere': runtime({ wholeFrames: true }),
  'runtime-transport.calls-wait-for-their-turn': runtime({ refusesWhileBusy: true }),
  'runtime-transport.a-result-leaves-before-the-next-call-begins': runtime({ gathersResults: true }),
  'runtime-transport.a-cancelled-call-that-waits-never-begins': runtime({ ignoresCancel: true }),
  'runtime-transport.a-cancelled-call-that-has-begun-is-answered-all-the-same': runtime({ dropsBegun: true }),
  'runtime-transport.cancelling-what-is-not-there-changes-nothing': runtime({ answersCancel: true }),
  'runtime-transport.carries-bodies-of-a-megabyte': runtime({ latin1: true }),
  'runtime-transport.says-what-was-wrong-and-hangs-up': runtime({ silentFault: true }),
  'runtime-transport.passes-over-frames-of-optional-types': runtime({ faultsOnOptional: true }),
  'runtime-transport.calls-of-a-caller-that-left-do-not-begin': runtime({ keepsCallsOfLeavers: true }),
}
