import { once } from 'node:events'
import { createServer, request, type IncomingMessage, type Server } from 'node:http'
import { connect, type AddressInfo, type Socket } from 'node:net'
import { buffer, text } from 'node:stream/consumers'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { ApiForwarder } from '../../../src/container/engine/index.ts'

const gateway = { address: '127.0.0.2', subnet: '127.0.0.0/8' }

/** What stands in for the whole server: it answers everything with what it was asked. */
async function api(
  answer: (request: IncomingMessage, body: Buffer) => string = ({ method, url }) => `${method} ${url}`,
): Promise<{ readonly server: Server; readonly port: number; readonly seen: string[] }> {
  const seen: string[] = []
  const server = createServer((incoming, response) => {
    seen.push(incoming.url ?? '')
    buffer(incoming).then(
      (body) => response.end(answer(incoming, body)),
      () => response.destroy(),
    )
  })
  server.listen(0, '127.0.0.1')
  onTestFinished(() => {
    server.close()
    server.closeAllConnections()
  })
  await once(server, 'listening')
  return { server, port: (server.address() as AddressInfo).port, seen }
}

async function forwarded(port: number, options: ConstructorParameters<typeof ApiForwarder>[0] = {}): Promise<URL> {
  const forwarder = new ApiForwarder(options)
  onTestFinished(() => forwarder.close())
  const planned = await forwarder.for(`http://127.0.0.1:${port}`, gateway)
  await planned.open()
  return new URL(planned.apiHost)
}

interface Reply {
  readonly status: number
  readonly headers: IncomingMessage['headers']
  readonly text: string
}

async function ask(
  url: string,
  { body, ...options }: { method?: string; headers?: Record<string, string>; body?: string } = {},
): Promise<Reply> {
  const outgoing = request(url, { agent: false, ...options })
  outgoing.end(body)
  const [incoming] = (await once(outgoing, 'response')) as [IncomingMessage]
  return { status: incoming.statusCode!, headers: incoming.headers, text: await text(incoming) }
}

/** Sends bytes as they are and resolves with all that comes back. */
async function raw({ port, hostname }: URL, bytes: string): Promise<string> {
  const socket = connect(Number(port), hostname)
  onTestFinished(() => void socket.destroy())
  socket.write(bytes)
  return text(socket)
}

const last = 'Host: api\r\nConnection: close\r\n\r\n'

describe('ApiForwarder', () => {
  it('leads from the gateway to an API on the loopback, for its own network only', async () => {
    const { port } = await api()
    const forwarder = new ApiForwarder()
    onTestFinished(() => forwarder.close())
    const usual = await forwarder.for(`http://localhost:${port}`, gateway)
    expect(usual.apiHost).toMatch(/^http:\/\/127\.0\.0\.2:\d+$/)
    await usual.open()
    expect((await ask(`${usual.apiHost}/api/v1`)).text).toBe('GET /api/v1')
    expect(await forwarder.for(`http://localhost:${port}`, gateway)).toBe(usual)
    const other = await forwarder.for(`http://127.0.0.1:${port}`, { ...gateway, subnet: '10.0.0.0/8' })
    await other.open()
    await expect(ask(`${other.apiHost}/api/v1`)).rejects.toThrow()
    forwarder.close()
    await expect(ask(`${usual.apiHost}/api/v1`)).rejects.toThrow()
  })

  it('is open to several networks, and to who is known to be a container', async () => {
    const { port } = await api()
    const forwarder = new ApiForwarder()
    onTestFinished(() => forwarder.close())
    const several = await forwarder.for(`http://localhost:${port}`, {
      ...gateway,
      subnet: ['10.0.0.0/8', '127.0.0.0/8'],
    })
    await several.open()
    expect((await ask(`${several.apiHost}/api/v1`)).text).toBe('GET /api/v1')
    const asked: string[] = []
    const isContainer = (address: string): boolean => asked.push(address) > 1
    const known = await forwarder.for(`http://127.0.0.1:${port}`, { address: gateway.address, subnet: [], isContainer })
    await known.open()
    await expect(ask(`${known.apiHost}/api/v1`)).rejects.toThrow()
    expect((await ask(`${known.apiHost}/api/v1`)).text).toBe('GET /api/v1')
    expect(asked).toEqual([asked[0], asked[0]])
  })

  it('leaves other addresses alone, and says what to do where it cannot listen', async () => {
    const forwarder = new ApiForwarder()
    expect((await forwarder.for('https://api.example.com', gateway)).apiHost).toBe('https://api.example.com')
    expect((await forwarder.for('http://localhost:1', undefined)).apiHost).toBe('http://localhost:1')
    const elsewhere = await forwarder.for('http://localhost:1', { address: '192.0.2.1', subnet: '192.0.2.0/24' })
    await expect(elsewhere.open()).rejects.toThrow(/cannot listen on 192\.0\.2\.1: set apiHost/)
  })

  it.each([
    '/',
    '/metrics',
    '//metrics',
    '/activation',
    '/activation/count',
    '/invokers',
    '/invokers/ready',
    '/disable',
    '/ping',
    '/api/v10',
    '/api/v1.',
    '/API/v1',
    '//api/v1',
    '/x/../api/v1',
    '/api/v1/../../metrics',
    '/api/v1/%2e%2e/%2E%2e/metrics',
    '/api/v1/.%2e/..%2fmetrics',
    '/api/v1/..%5c..%5cmetrics',
    '/api/v1/..\\..\\metrics',
    '/api/v1/./metrics',
    '/api/v1/x/..?y',
    '/api/v1%2f..%2fmetrics',
    'http://api/metrics',
    'http://api/api/v1/namespaces',
    '*',
  ])('does not let %s pass', async (target) => {
    const { port, seen } = await api()
    const url = await forwarded(port)
    const method = target === '*' ? 'OPTIONS' : 'GET'
    expect(await raw(url, `${method} ${target} HTTP/1.1\r\n${last}`)).toMatch(/^HTTP\/1\.1 404 /)
    expect(seen).toEqual([])
  })

  it.each([
    '/api/v1',
    '/api/v1/',
    '/api/v1?x=/../..',
    '/api/v1/namespaces/_/actions/a%20b?blocking=true',
    '/api/v1/web/guest/default/a.http/b...c//d',
  ])('lets %s pass as it is', async (target) => {
    const { port } = await api()
    const url = await forwarded(port)
    expect(await raw(url, `GET ${target} HTTP/1.1\r\n${last}`)).toContain(`GET ${target}`)
  })

  it('judges each request on a connection by itself', async () => {
    const { port, seen } = await api()
    const url = await forwarded(port)
    const first = 'GET /api/v1/a HTTP/1.1\r\nHost: api\r\n\r\n'
    const second = 'GET /metrics HTTP/1.1\r\nHost: api\r\n\r\n'
    const answers = await raw(url, `${first}${first}${second}${first}`)
    expect(answers.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 200', 'HTTP/1.1 200', 'HTTP/1.1 404'])
    expect(seen.every((path) => path === '/api/v1/a')).toBe(true)
  })

  it.each([
    ['two lengths', 'POST', 'Content-Length: 5\r\nContent-Length: 6\r\n', 'abcdef'],
    ['a length beside chunks', 'POST', 'Content-Length: 4\r\nTransfer-Encoding: chunked\r\n', '0\r\n\r\n'],
    [
      'chunks that are named by the connection',
      'GET',
      'Connection: transfer-encoding\r\nTransfer-Encoding: chunked\r\n',
      '3\r\nabc\r\n0\r\n\r\n',
    ],
    ['a length that is named by the connection', 'POST', 'Connection: content-length\r\nContent-Length: 3\r\n', 'abc'],
    ['an upgrade', 'GET', 'Connection: upgrade\r\nUpgrade: websocket\r\n', ''],
    [
      'an upgrade to HTTP/2',
      'GET',
      'Connection: upgrade, http2-settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AA\r\n',
      '',
    ],
    [
      'a host of its own',
      'GET',
      'X-Forwarded-Host: metrics\r\nX-Original-URL: /metrics\r\nX-Rewrite-URL: /metrics\r\n',
      '',
    ],
  ])('no request hides behind another with %s', async (_what, method, headers, body) => {
    const { port, seen } = await api()
    const url = await forwarded(port)
    const smuggled = `GET /metrics HTTP/1.1\r\n${last}`
    await raw(url, `${method} /api/v1/a HTTP/1.1\r\nHost: api\r\n${headers}\r\n${body}${smuggled}`)
    expect(seen.filter((path) => path !== '/api/v1/a')).toEqual([])
  })

  it('is no proxy to elsewhere', async () => {
    const { port, seen } = await api()
    const url = await forwarded(port)
    expect(
      await raw(url, `CONNECT 127.0.0.1:${port} HTTP/1.1\r\nHost: x\r\n\r\nGET /metrics HTTP/1.1\r\n${last}`),
    ).toBe('')
    expect(seen).toEqual([])
  })

  it('carries methods, headers, bodies and answers whole, in both directions', async () => {
    const { port } = await api((incoming, body) =>
      JSON.stringify({ method: incoming.method, headers: incoming.headers, body: body.toString('base64') }),
    )
    const url = await forwarded(port)
    const target = `${url.origin}/api/v1/namespaces/_/actions/a`
    const body = 'é'.repeat(600_000)
    const sent = await ask(target, { method: 'PUT', headers: { authorization: 'Basic eA==', 'x-two': '1, 2' }, body })
    const seen = JSON.parse(sent.text) as { method: string; headers: Record<string, string>; body: string }
    expect(Buffer.from(seen.body, 'base64').toString()).toBe(body)
    expect(seen).toMatchObject({
      method: 'PUT',
      headers: { authorization: 'Basic eA==', 'x-two': '1, 2', host: url.host },
    })
    const empty = JSON.parse(
      (await ask(target, { method: 'POST', headers: { 'content-length': '0' } })).text,
    ) as typeof seen
    expect(empty.headers).toMatchObject({ 'content-length': '0' })
    expect(empty.headers).not.toHaveProperty('transfer-encoding')
    const got = JSON.parse((await ask(target)).text) as typeof seen
    expect(got.headers).not.toHaveProperty('content-length')
    expect(got.headers).not.toHaveProperty('transfer-encoding')
  })

  it('says that the API does not answer', async () => {
    const { port, server } = await api()
    const url = await forwarded(port)
    server.close()
    await once(server, 'close')
    expect(await ask(`${url.origin}/api/v1`)).toMatchObject({
      status: 502,
      text: '{"error":"The API does not answer."}',
    })
  })

  it('ends what it asked when nobody waits for the answer any more', async () => {
    const { server, port } = await api()
    let gone = false
    server
      .removeAllListeners('request')
      .on('request', (_request, response) => void response.once('close', () => (gone = true)))
    const url = await forwarded(port)
    const socket = connect(Number(url.port), url.hostname)
    socket.write('GET /api/v1 HTTP/1.1\r\nHost: api\r\n\r\n')
    await once(server, 'request')
    socket.destroy()
    await vi.waitFor(() => expect(gone).toBe(true))
  })

  it('lets each container have a number of connections, however many others have', async () => {
    const { port } = await api()
    const url = await forwarded(port, { perContainer: 3 })
    const open = async (from: string): Promise<Socket> => {
      const socket = connect({ host: url.hostname, port: Number(url.port), localAddress: from })
      socket.on('error', () => undefined)
      onTestFinished(() => void socket.destroy())
      await once(socket, 'connect')
      return socket
    }
    const [first, ...others] = await Promise.all(['127.0.0.9', '127.0.0.9', '127.0.0.9'].map(open))
    const surplus = await open('127.0.0.9')
    await vi.waitFor(() => expect(surplus.destroyed).toBe(true))
    expect(others.every((socket) => !socket.destroyed)).toBe(true)
    expect((await ask(`${url.origin}/api/v1`)).status).toBe(200)
    first!.destroy()
    await vi.waitFor(async () => {
      const again = await open('127.0.0.9')
      again.write('GET /api/v1 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')
      expect(await text(again)).toContain('GET /api/v1')
    })
  })
})
