import { readFileSync } from 'node:fs'
import { connect, type ClientHttp2Session } from 'node:http2'
import { type AddressInfo } from 'node:net'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { BodyReceiver } from '../../src/controller/http/body-receiver.ts'
import { HttpError } from '../../src/controller/http/http-error.ts'
import { routeLimit } from '../../src/controller/http/read-body.ts'
import { DualResponse, SecureServer, VirtualClock } from '../../src/index.ts'
import { CA, connectHttp2, FIRST, sendOver } from './http2-client.ts'

const certificate = { cert: readFileSync(FIRST.cert), key: readFileSync(FIRST.key) }
let server: SecureServer
let clock: VirtualClock
const sessions: ClientHttp2Session[] = []

afterEach(async () => {
  for (const session of sessions.splice(0)) session.destroy()
  server.close()
  server.closeAllConnections()
})

async function serve(handle: (request: IncomingMessage, response: ServerResponse) => void): Promise<string> {
  clock = new VirtualClock()
  server = new SecureServer({ clock, certificate, http: { keepAliveTimeout: 60_000 }, handle })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return `https://127.0.0.1:${(server.address() as AddressInfo).port}`
}

async function client(url: string): Promise<ClientHttp2Session> {
  const session = await connectHttp2(url)
  sessions.push(session)
  return session
}

const get = (session: ClientHttp2Session) => sendOver(session, { method: 'GET', path: '/', headers: {} })

describe('bounds of a server with TLS', () => {
  it('requests of all connections together are no more than connections may be; one more may be sent again', async () => {
    const waiting: ServerResponse[] = []
    const url = await serve((_, response) => void waiting.push(response))
    server.maxConnections = 3
    const [a, b] = [await client(url), await client(url)]
    const held = [get(a), get(a), get(b)]
    await vi.waitFor(() => expect(waiting).toHaveLength(3))
    await expect(get(b)).rejects.toMatchObject({
      code: 'ERR_HTTP2_STREAM_ERROR',
      message: expect.stringContaining('REFUSED_STREAM') as string,
    })
    for (const response of waiting.splice(0)) response.end('ok')
    expect((await Promise.all(held)).map(({ text }) => text)).toEqual(['ok', 'ok', 'ok'])
    const again = get(b)
    await vi.waitFor(() => expect(waiting).toHaveLength(1))
    waiting[0]!.end('now')
    expect((await again).text).toBe('now')
  })

  it('more connections than may be are not accepted', async () => {
    const url = await serve((_, response) => void response.end('ok'))
    server.maxConnections = 1
    const session = await client(url)
    await expect(connectHttp2(url)).rejects.toThrow()
    expect((await get(session)).text).toBe('ok')
  })

  it('a connection without requests is closed after the time of idle ones, whatever else it sends', async () => {
    const url = await serve((_, response) => void response.end('ok'))
    const session = connect(url, { ca: [...CA] })
    sessions.push(session)
    expect((await get(session)).text).toBe('ok')
    let isClosed = false
    session.on('close', () => (isClosed = true))
    await clock.advance(55_000)
    await new Promise<void>((resolve) => void session.ping(() => resolve()))
    expect(isClosed).toBe(false)
    await clock.advance(10_000)
    await vi.waitFor(() => expect(isClosed).toBe(true))
  })

  it('a client that never reads its answer is cut off, and so is one that goes on sending after it', async () => {
    const url = await serve((request, response) => {
      if (request.method === 'GET') response.end(Buffer.alloc(5_000_000))
      else response.end('enough')
    })
    const [deaf, chatty] = [await client(url), await client(url)]
    const unread = deaf.request({ ':path': '/' })
    unread.on('error', () => undefined)
    const endless = chatty.request({ ':path': '/', ':method': 'POST' }, { endStream: false })
    endless.on('error', () => undefined)
    const send = (): void => void (endless.destroyed || endless.write(Buffer.alloc(1000), () => setImmediate(send)))
    send()
    await new Promise((resolve) => endless.once('response', resolve))
    await vi.waitFor(async () => {
      await clock.advance(5_000)
      expect(endless.closed).toBe(true)
    }, 20_000)
    expect(endless.rstCode).toBe(0)
    await vi.waitFor(async () => {
      await clock.advance(5_000)
      expect(deaf.destroyed).toBe(true)
    }, 20_000)
    expect((await get(await client(url))).status).toBe(200)
  })

  it('a body that stops in the middle is given up, and one that is too long refused, as over HTTP/1.1', async () => {
    const bodies: BodyReceiver[] = []
    const url = await serve((request, response) => {
      bodies[0] ??= new BodyReceiver(clock, 1_000_000)
      Promise.resolve(bodies[0].receive(request, routeLimit(100), response)).then(
        (body) => response.end(String(body.length)),
        (error: unknown) => response.writeHead(error instanceof HttpError ? error.status : 500, 'no', []).end(),
      )
    })
    const session = await client(url)
    const begin = (text: string): Promise<number> =>
      new Promise((resolve, reject) => {
        const stream = session.request({ ':path': '/', ':method': 'POST' }, { endStream: false })
        stream.on('response', (headers) => resolve(headers[':status'] ?? 0))
        stream.on('error', reject)
        stream.write(text)
      })
    expect(await begin('x'.repeat(400_000))).toBe(413)
    const stopped = begin('half')
    await vi.waitFor(() => expect(bodies[0]!.size).toBe(1))
    await clock.advance(25_000)
    expect(await stopped).toBe(408)
    const sent = await sendOver(session, { method: 'POST', path: '/', headers: {}, body: 'whole' })
    expect([sent.status, sent.text]).toEqual([200, '5'])
  })

  it('a head that is too long is refused, one far beyond ends its stream, and the connection goes on', async () => {
    const url = await serve((_, response) => void response.end('ok'))
    const session = await client(url)
    const headers = (length: number) => ({ 'x-a': 'x'.repeat(length), 'x-b': 'x'.repeat(length) })
    const ask = (length: number) => sendOver(session, { method: 'GET', path: '/', headers: headers(length) })
    expect((await ask(7_000)).status).toBe(200)
    expect((await ask(9_000)).status).toBe(431)
    await expect(ask(20_000)).rejects.toThrow()
    expect((await ask(10)).text).toBe('ok')
  })
})

describe('a response over HTTP/2', () => {
  it('has each line of a header that comes twice, one where only one may be, and none about the connection', async () => {
    const url = await serve((_, response) => {
      const head = [
        'Set-Cookie',
        'a=1',
        'Set-Cookie',
        'b=2',
        'Vary',
        'a',
        'vary',
        'b',
        'Location',
        '/1',
        'Location',
        '/2',
      ]
      response.setHeader('X-Early', '1')
      response.writeHead(200, 'OK', [...head, 'Connection', 'close', 'Transfer-Encoding', 'chunked'])
      response.write('o')
      response.end('k')
    })
    const { lines, text } = await get(await client(url))
    expect(text).toBe('ok')
    expect(lines.get('set-cookie')).toEqual(['a=1', 'b=2'])
    expect(lines.get('vary')!.join()).toBe('a, b')
    expect(lines.get('location')).toEqual(['/1, /2'])
    expect(lines.get('x-early')).toEqual(['1'])
    expect([...lines.keys()]).not.toEqual(expect.arrayContaining(['connection']))
    expect([...lines.keys()]).not.toEqual(expect.arrayContaining(['transfer-encoding']))
  })

  it('knows when its head was sent, when it is over, and that the client has gone', async () => {
    const seen: ServerResponse[] = []
    const events: string[] = []
    const url = await serve((_, response) => {
      seen.push(response)
      for (const name of ['finish', 'close'] as const) response.on(name, () => events.push(name))
      if (seen.length === 1) response.writeHead(204, 'No Content', []).end()
    })
    const session = await client(url)
    expect((await get(session)).status).toBe(204)
    await vi.waitFor(() => expect(events).toEqual(['finish', 'close']))
    const [first] = seen
    expect(first).toBeInstanceOf(DualResponse)
    expect(first).toMatchObject({ headersSent: true, destroyed: true, closed: true, writableEnded: true })
    const stream = session.request({ ':path': '/' })
    stream.on('error', () => undefined)
    await vi.waitFor(() => expect(seen).toHaveLength(2))
    expect(seen[1]).toMatchObject({ headersSent: false, destroyed: false, closed: false })
    stream.close()
    await vi.waitFor(() => expect(seen[1]!.destroyed).toBe(true))
    // Nothing happens.
    seen[1]!.writeHead(200, 'OK', [])
    seen[1]!.end('late')
  })

  it('of CONNECT is 501', async () => {
    const url = await serve((_, response) => void response.end('ok'))
    const stream = (await client(url)).request({ ':method': 'CONNECT', ':authority': 'a.example:1' })
    const status = await new Promise((resolve, reject) => {
      stream.on('response', (headers) => resolve(headers[':status']))
      stream.on('error', reject)
    })
    expect(status).toBe(501)
  })
})
