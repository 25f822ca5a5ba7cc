import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { FrameReader, FrameType, HEADER_BYTES, OPENING } from '@stemcell/core/runtime-client'
import type { CaseContext } from '../kit/conformance-case.ts'
import { eventually } from '../kit/conformance-case.ts'

export interface Result {
  readonly call: number
  readonly status: number
  readonly body: string
}

/** One connection to a runtime, on which a case may say anything. */
export class FramePeer {
  /** In the order in which they came. */
  readonly results: Result[] = []
  /** What the runtime said was wrong, when it hung up. */
  fault: string | undefined
  ended = false
  greeting = ''
  readonly #socket: Socket
  readonly #context: CaseContext

  private constructor(socket: Socket, context: CaseContext) {
    this.#socket = socket
    this.#context = context
    const reader = new FrameReader({
      wanted: ({ length }) => length,
      frame: ({ type, call, detail }, bytes, start, end) => {
        const body = bytes.toString('utf8', start, end)
        if (type === FrameType.result) this.results.push({ call, status: detail, body })
        else if (type === FrameType.fault) this.fault = body
      },
    })
    socket.on('data', (bytes: Buffer) => {
      const end = this.greeting.indexOf('\r\n\r\n')
      if (end >= 0) return reader.write(bytes)
      const said = this.greeting + bytes.toString('latin1')
      const over = said.indexOf('\r\n\r\n')
      this.greeting = over < 0 ? said : said.slice(0, over + 4)
      if (over >= 0) reader.write(Buffer.from(said.slice(over + 4), 'latin1'))
    })
    socket.on('error', () => (this.ended = true))
    socket.on('close', () => (this.ended = true))
  }

  /** Nothing is said yet. */
  static async connect(socketPath: string, context: CaseContext): Promise<FramePeer> {
    const socket = connect({ path: socketPath })
    await once(socket, 'connect')
    return new FramePeer(socket, context)
  }

  /** The runtime has accepted frames. */
  static async open(socketPath: string, context: CaseContext): Promise<FramePeer> {
    const peer = await FramePeer.connect(socketPath, context)
    peer.send(Buffer.from(OPENING))
    await peer.accepted()
    return peer
  }

  send(...bytes: readonly Buffer[]): void {
    this.#socket.write(Buffer.concat(bytes))
  }

  leave(): void {
    this.#socket.destroy()
  }

  async accepted(): Promise<void> {
    await eventually('the runtime accepts frames', this.#context, () =>
      /^HTTP\/1\.1 101 [^]*\r\n\r\n$/.test(this.greeting),
    )
  }

  /** The results of these calls, in this order. */
  async resultsOf(...calls: readonly number[]): Promise<readonly Result[]> {
    const of = (call: number): Result | undefined => this.results.find((result) => result.call === call)
    await eventually(`results of the calls ${calls.join(', ')}`, this.#context, () => {
      if (this.ended && !calls.every(of)) throw new Error(`the connection ended: ${this.fault ?? 'without a word'}`)
      return calls.every(of)
    })
    return calls.map((call) => of(call)!)
  }

  async hungUp(): Promise<void> {
    await eventually('the runtime hangs up', this.#context, () => this.ended)
  }
}

export function frame(type: number, call: number, body = '', flags = 0): Buffer {
  const payload = Buffer.from(body)
  const header = Buffer.alloc(HEADER_BYTES)
  header.writeUInt32BE(payload.length)
  header[4] = type
  header[5] = flags
  header.writeUInt32BE(call, 8)
  return Buffer.concat([header, payload])
}
