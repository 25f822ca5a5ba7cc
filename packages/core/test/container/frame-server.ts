import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { SystemClock } from '@stemcell/core'
import {
  FrameReader,
  FrameType,
  HEADER_BYTES,
  NegotiatingRuntimeClient,
  OPENING,
  type FramedLog,
  type FrameHeader,
} from '@stemcell/core/runtime-client'

export const ACCEPTANCE =
  'HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: stemcell-frames/1\r\n\r\n'

export interface Received {
  readonly type: number
  readonly call: number
  readonly body: string
  /** Sends a frame, by default the result of the call. */
  readonly send: (body: string | Buffer, header?: Partial<FrameHeader>) => void
  readonly socket: Socket
}

/** A runtime that accepts frames, and answers priming runs; the test answers the others. It ends with the test. */
export class FrameServer {
  readonly socketPath: string
  readonly connections: Socket[] = []
  readonly received: Received[] = []
  /** Bytes of each read behind the opening. */
  readonly reads: number[] = []
  readonly #answer: (frame: Received) => void
  readonly #server = createServer((socket) => this.#accept(socket))

  constructor(answer: (frame: Received) => void) {
    this.#answer = answer
    const folder = mkdtempSync(join(tmpdir(), 'frame-server-'))
    this.socketPath = join(folder, 's')
    onTestFinished(() => {
      for (const socket of this.connections) socket.destroy()
      this.#server.close()
      rmSync(folder, { recursive: true, force: true })
    })
  }

  listen(): Promise<this> {
    return new Promise((resolve) => this.#server.listen(this.socketPath, () => resolve(this)))
  }

  stopListening(): void {
    this.#server.close()
  }

  #accept(socket: Socket): void {
    this.connections.push(socket)
    socket.on('error', () => undefined)
    const reader = new FrameReader({
      wanted: ({ length }) => length,
      frame: ({ type, call }, bytes, start, end) => {
        const body = bytes.toString('utf8', start, end)
        const send: Received['send'] = (text, header) => void socket.write(frameOf(text, { call, ...header }))
        const frame: Received = { type, call, body, send, socket }
        if (type === FrameType.run && body === '{}') return send('{"error":"no"}', { detail: 403 })
        this.received.push(frame)
        this.#answer(frame)
      },
    })
    let greeting = ''
    socket.on('data', (bytes) => {
      if (greeting.length >= OPENING.length) {
        this.reads.push(bytes.length)
        return reader.write(bytes)
      }
      greeting += bytes.toString('latin1')
      if (greeting.length < OPENING.length) return
      socket.write(ACCEPTANCE)
      reader.write(Buffer.from(greeting.slice(OPENING.length), 'latin1'))
    })
  }
}

/** By default a result with status 200. */
export function frameOf(
  text: string | Buffer,
  { type = FrameType.result, flags = 0, detail = 200, call = 0, length }: Partial<FrameHeader>,
): Buffer {
  const body = Buffer.from(text)
  const header = Buffer.alloc(HEADER_BYTES)
  header.writeUInt32BE(length ?? body.length)
  header[4] = type
  header[5] = flags
  header.writeUInt16BE(detail, 6)
  header.writeUInt32BE(call, 8)
  return Buffer.concat([header, body])
}

/** A client that has agreed with the server, and is closed with the test. */
export async function framedClientOf(
  server: { readonly socketPath: string },
  log?: FramedLog,
): Promise<NegotiatingRuntimeClient> {
  const client = new NegotiatingRuntimeClient({
    endpoint: server,
    maxConcurrent: 8,
    clock: new SystemClock(),
    ...(log && { log }),
  })
  onTestFinished(() => client.close())
  await client.waitReady(5_000)
  return client
}
