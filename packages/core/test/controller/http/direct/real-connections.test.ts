import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { textAnswer, writeAnswer } from '../../../../src/controller/http/answer.ts'
import { ApiServer, type HttpRequest, type HttpResponse } from '../../../../src/controller/http/direct/api-server.ts'
import { DirectRequest } from '../../../../src/controller/http/direct/direct-request.ts'
import { DirectResponse } from '../../../../src/controller/http/direct/direct-response.ts'
import { VirtualClock } from '../../../../src/time/virtual-clock.ts'
import { eventually } from '../../../../../../test/eventually.ts'

const GET = 'GET /a HTTP/1.1\r\nhost: x\r\n\r\n'
/** From here on node:http reads. */
const UNUSUAL = 'GET /a HTTP/1.1\r\nhost: x\r\nconnection: keep-alive, x\r\n\r\n'

interface Seen {
  readonly request: HttpRequest
  readonly response: HttpResponse
}

let server: ApiServer
let seen: Seen[]
let accepted: Socket[]
let clients: Socket[]
let others: Server[]

beforeEach(async () => {
  seen = []
  accepted = []
  clients = []
  others = []
  const handle = (request: HttpRequest, response: HttpResponse): void => void seen.push({ request, response })
  server = new ApiServer({}, handle, new VirtualClock(0))
  server.on('connection', (socket: Socket) => accepted.push(socket))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
})

afterEach(async () => {
  for (const client of clients) client.destroy()
  server.closeAllConnections()
  await Promise.all([server, ...others].map((one) => new Promise((resolve) => one.close(resolve))))
})

function post(body: string, more = ''): string {
  return `POST /a HTTP/1.1\r\nhost: x\r\n${more}content-length: ${body.length}\r\n\r\n${body}`
}

async function connected(
  port = (server.address() as AddressInfo).port,
): Promise<{ client: Socket; said: () => string }> {
  const client = connect({ port, host: '127.0.0.1', noDelay: true, allowHalfOpen: true })
  clients.push(client)
  let text = ''
  client.setEncoding('latin1').on('data', (chunk: string) => (text += chunk))
  client.on('error', () => undefined)
  await once(client, 'connect')
  return { client, said: () => text }
}

function answer({ response }: Seen, body: string): void {
  if (response instanceof DirectResponse) response.send(textAnswer(200, body), 'id', [])
  else writeAnswer(response, textAnswer(200, body), 'id', [])
}

async function nth(count: number): Promise<Seen> {
  await eventually(`request ${count}`, () => seen.length >= count)
  return seen[count - 1]!
}

async function bodyOf({ request }: Seen): Promise<string> {
  if (request instanceof DirectRequest) return request.body.toString('latin1')
  const chunks: Buffer[] = []
  for await (const chunk of request as IncomingMessage) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString('latin1')
}

it('what came of a connection passes no stream before it is handed over', async () => {
  const { client } = await connected()
  client.write(post('one'))
  const first = await nth(1)
  expect(first.request).toBeInstanceOf(DirectRequest)
  expect(accepted[0]!.readableFlowing).toBeNull()
  expect(accepted[0]!.listenerCount('data')).toBe(0)
})

it('a body stays what it was while others send theirs', async () => {
  const { client } = await connected()
  const other = await connected()
  client.write(post('a'.repeat(9000)))
  const first = await nth(1)
  other.client.write(post('b'.repeat(9000)))
  const second = await nth(2)
  expect(await bodyOf(first)).toBe('a'.repeat(9000))
  expect(await bodyOf(second)).toBe('b'.repeat(9000))
})

it('parts of requests stay what they were while others send theirs', async () => {
  const [a, b] = [await connected(), await connected()]
  const texts = [post('a'.repeat(900), 'x-from: a\r\n'), post('b'.repeat(900), 'x-from: b\r\n')]
  for (const [from, to] of [
    [0, 30],
    [30, 70],
    [70, 500],
    [500, 2000],
  ] as const) {
    for (const [index, { client }] of [a, b].entries()) {
      client.write(texts[index]!.slice(from, to))
      const read = Math.min(to, texts[index]!.length)
      await eventually('the part is read', () => accepted[index]?.bytesRead === read)
    }
  }
  expect(await bodyOf(await nth(1))).toBe('a'.repeat(900))
  expect(await bodyOf(await nth(2))).toBe('b'.repeat(900))
  expect(seen.map(({ request }) => request.headers['x-from'])).toEqual(['a', 'b'])
  expect(seen.every(({ request }) => request instanceof DirectRequest)).toBe(true)
})

it('requests sent ahead stay what they were until it is their turn', async () => {
  const { client, said } = await connected()
  const other = await connected()
  client.write(post('first') + post('second') + post('third'))
  const first = await nth(1)
  other.client.write(post('x'.repeat(5000)))
  await nth(2)
  answer(first, '1')
  expect(await bodyOf(await nth(3))).toBe('second')
  other.client.end()
  answer(seen[2]!, '2')
  expect(await bodyOf(await nth(4))).toBe('third')
  answer(seen[3]!, '3')
  await eventually('three answers', () => said().split('HTTP/1.1 200').length === 4)
})

it('what was read of a connection when it is handed over, and what comes later, is read by node:http', async () => {
  const { client, said } = await connected()
  const large = 'x'.repeat(300_000)
  client.write(GET + UNUSUAL + post('one'))
  answer(await nth(1), '1')
  const second = await nth(2)
  expect(second.request).not.toBeInstanceOf(DirectRequest)
  answer(second, '2')
  const third = await nth(3)
  expect(await bodyOf(third)).toBe('one')
  answer(third, '3')
  client.write(post(large))
  const fourth = await nth(4)
  expect(await bodyOf(fourth)).toBe(large)
  answer(fourth, '4')
  await eventually('four answers', () => said().split('HTTP/1.1 200').length === 5)
  client.end()
  await eventually('it is closed', () => accepted[0]!.destroyed)
})

it('a body that somebody takes slowly after the hand-over waits with the client', async () => {
  const { client } = await connected()
  const large = 'x'.repeat(16 * 1024 * 1024)
  client.write(UNUSUAL)
  answer(await nth(1), '1')
  client.write(post(large))
  const { request } = await nth(2)
  const message = request as IncomingMessage
  message.pause()
  await eventually('the client waits', () => client.writableLength > 0)
  expect(accepted[0]!.bytesRead).toBeLessThan(large.length)
  expect(await bodyOf(seen[1]!)).toBe(large)
})

it('a connection that changes its protocol after the hand-over is a stream like any other', async () => {
  const upgraded: Buffer[] = []
  server.on('upgrade', (_request: IncomingMessage, socket: Socket, head: Buffer) => {
    upgraded.push(head)
    socket.on('data', (chunk: Buffer) => upgraded.push(chunk))
    socket.on('end', () => socket.end('bye'))
    socket.write('HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n')
  })
  const { client, said } = await connected()
  client.write('GET /a HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: x\r\n\r\nfirst')
  await eventually('the protocol changed', () => said().includes('101'))
  const more = ['second', 'y'.repeat(200_000), 'third']
  for (const part of more) {
    client.write(part)
    const other = await connected()
    other.client.end(GET)
  }
  const all = ['first', ...more].join('')
  await eventually('all of it', () => Buffer.concat(upgraded).length === all.length)
  expect(Buffer.concat(upgraded).toString() === all).toBe(true)
  client.end()
  await eventually('the end', () => said().endsWith('bye'))
})

it('a client that says no more gets its answer', async () => {
  const { client, said } = await connected()
  client.end(GET)
  const first = await nth(1)
  await eventually('its end came', () => accepted[0]!.readableEnded)
  answer(first, 'late')
  await eventually('the answer', () => said().endsWith('late'))
  await eventually('it is closed', () => accepted[0]!.destroyed)
})

it('the end of a connection that was handed over is told to node:http, which then says no more', async () => {
  const { client } = await connected()
  client.write(UNUSUAL)
  await nth(1)
  client.end()
  await eventually('it has said all', () => accepted[0]!.writableEnded)
})

it('a client that breaks off takes its request with it', async () => {
  const { client } = await connected()
  client.write(GET)
  const { response } = await nth(1)
  client.resetAndDestroy()
  await eventually('it is told', () => response.destroyed)
  answer(seen[0]!, 'nobody is there')
  const next = await connected()
  next.client.write(GET)
  await nth(2)
})

it('whoever sends more ahead than is taken, or does not read, is not read', async () => {
  const { client } = await connected()
  const body = 'x'.repeat(16 * 1024)
  client.pause()
  for (let count = 0; count < 2000; count++) client.write(post(body))
  answer(await nth(1), 'y'.repeat(16 * 1024 * 1024))
  await eventually('the client waits', () => client.writableLength > 0)
  expect(seen).toHaveLength(1)
  expect(accepted[0]!.bytesRead).toBeLessThan(2000 * body.length)
  client.resume()
  answer(await nth(2), '2')
  const third = await nth(3)
  expect(await bodyOf(third)).toBe(body)
})

it('bytes that somebody read and put back before it was connected are not lost', async () => {
  const front = createServer({ allowHalfOpen: true }, (socket) => {
    socket.once('data', (chunk: Buffer) => {
      socket.pause()
      socket.unshift(chunk)
      server.emit('connection', socket)
      socket.resume()
    })
  })
  others.push(front)
  front.listen(0, '127.0.0.1')
  await once(front, 'listening')
  const { client } = await connected((front.address() as AddressInfo).port)
  client.write(post('one'))
  const first = await nth(1)
  expect(await bodyOf(first)).toBe('one')
  answer(first, '1')
  client.write(post('two'))
  expect(await bodyOf(await nth(2))).toBe('two')
})
