import { readFileSync } from 'node:fs'
import { connect as connectHttp2 } from 'node:http2'
import { request as requestHttp } from 'node:http'
import { request as requestHttps, type RequestOptions } from 'node:https'
import { RestPlatform } from '@stemcell/conformance/rest'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { CERTIFICATE, edgeOf, hasNginx, type TestEdge } from './edge-of.ts'

const ca = readFileSync(CERTIFICATE)

let platform: RestPlatform
let running: TestEdge

interface Reply {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly text: string
}

interface Ask extends RequestOptions {
  readonly body?: string | Uint8Array
}

function ask(path: string, options: Ask = {}): Promise<Reply> {
  const { body, ...others } = options
  const { port = running.httpsPort } = others
  const request = port === running.httpPort ? requestHttp : requestHttps
  // The certificate is that of the address, whatever host is asked for.
  const checkServerIdentity = (): undefined => undefined
  return new Promise((resolve, reject) => {
    request({ host: '127.0.0.1', path, ca, checkServerIdentity, ...others, port }, (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, text }))
    })
      .on('error', reject)
      .end(body)
  })
}

describe.runIf(hasNginx)('nginx in front of Stemcell', () => {
  beforeAll(async () => {
    platform = await RestPlatform.start()
    running = await edgeOf(platform.baseUrl)
    await vi.waitFor(async () => expect((await ask('/ping')).text).toBe('pong'), { timeout: 10_000 })
    const client = await platform.platform.client(platform.owner.namespace)
    const code = 'function main(args) { return { body: args } }'
    const annotations = [{ key: 'web-export', value: true }]
    await client.putAction('echo', { exec: { kind: 'nodejs:20', code }, annotations })
    await client.request('PUT', 'packages/public', {})
    await client.putAction('public/index', {
      exec: { kind: 'nodejs:20', code: 'function main() { return { body: "<h1>Home</h1>" } }' },
      annotations,
    })
  })
  afterAll(async () => {
    await running.stop()
    await platform.close()
  })

  it('sends plain HTTP to HTTPS', async () => {
    expect(await ask('/a?b=c', { port: running.httpPort, headers: { host: 'stemcell.example' } })).toMatchObject({
      status: 308,
      headers: { location: `https://stemcell.example:${running.httpsPort}/a?b=c` },
    })
  })

  it('makes request ids of its own', async () => {
    const { headers } = await ask('/ping', { headers: { 'x-request-id': 'of-the-client' } })
    expect(headers['x-request-id']).toMatch(/^[0-9a-f]{32}$/)
  })

  it('lets nobody log more, nor see the metrics', async () => {
    const path = `/api/v1/web/${platform.owner.namespace}/default/echo.http`
    const { text } = await ask(path, { headers: { 'x-ow-extra-logging': 'on' } })
    expect(JSON.parse(text)).toHaveProperty('__ow_headers.host', '127.0.0.1')
    expect((await ask('/metrics')).status).toBe(403)
  })

  it('serves a namespace at a name of its own', async () => {
    const headers = { host: `${platform.owner.namespace}.stemcell.example` }
    const path = '/default/echo.http/a%2Fb%20c?d=e%26f'
    expect(JSON.parse((await ask(path, { headers })).text)).toMatchObject({ __ow_path: '/a%2Fb%20c', d: 'e&f' })
    expect(await ask('/', { headers })).toMatchObject({ status: 200, text: '<h1>Home</h1>' })
  })

  it('speaks HTTP/2', async () => {
    const session = connectHttp2(`https://127.0.0.1:${running.httpsPort}`, { ca })
    const stream = session.request({ ':path': '/ping' })
    let text = ''
    stream.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
    await new Promise((resolve, reject) => stream.on('end', resolve).on('error', reject))
    session.close()
    expect(text).toBe('pong')
  })

  it('lets long addresses pass, and refuses longer ones', async () => {
    const path = (length: number) => `/ping?${'x'.repeat(length - 6)}`
    expect((await ask(path(8_100))).status).toBe(200)
    expect(await ask(path(9_000))).toMatchObject({
      status: 414,
      text: expect.stringContaining('414 Request-URI Too Large') as string,
    })
  })

  it('lets bodies of nearly 50 MB pass to the server, which has its own bound', async () => {
    const authorization = `Basic ${Buffer.from(platform.owner.auth).toString('base64')}`
    const put = (bytes: number) =>
      ask('/api/v1/namespaces/_/actions/large', {
        method: 'PUT',
        headers: { authorization, 'content-type': 'application/json', 'content-length': bytes },
        body: Buffer.alloc(bytes, 'x'),
      })
    // Read by the server, and no JSON.
    expect(await put(49 * 1024 ** 2)).toMatchObject({ status: 400 })
    const { status, text } = await put(66 * 1024 ** 2)
    expect(status).toBe(413)
    expect(text).toContain('nginx')
  })

  it('takes renewed files while requests go on', async () => {
    const path = `/api/v1/web/${platform.owner.namespace}/default/echo.http`
    // A connection each: those that are kept open and idle are closed by a reload, as by any server that goes.
    const call = async (): Promise<number> => (await ask(path, { agent: false })).status
    const statuses = new Set<number>()
    let over = false
    const calling = (async () => {
      while (!over) statuses.add(await call())
    })()
    for (let round = 0; round < 5; round++) {
      running.edge.reload()
      for (let count = 0; count < 10; count++) statuses.add(await call())
    }
    over = true
    await calling
    expect([...statuses]).toEqual([200])
  })
})
