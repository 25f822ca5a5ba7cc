import { once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { ClientHttp2Session } from 'node:http2'
import { request as requestHttps } from 'node:https'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { assemble, memoryContainers, type Platform } from '../../src/index.ts'
import { CA, connectHttp2, FIRST, sendOver } from '../tls/http2-client.ts'

let platform: Platform
let url: string
let session: ClientHttp2Session
const ended: string[] = []

/** What a mount might do, by the end of the path. */
function handle(request: IncomingMessage, response: ServerResponse): void {
  response.on('close', () => ended.push(request.url!))
  switch (request.url!.split('/')[2]) {
    case 'echo':
      response.writeHead(201, { 'Content-Type': 'text/x', 'Set-Cookie': ['a=1', 'b=2'] })
      request.pipe(response)
      return
    case 'throws':
      throw new Error('broken')
    case 'half':
      response.writeHead(200).write('half')
      throw new Error('broken')
    case 'endless':
      response.writeHead(200, { 'Content-Type': 'text/event-stream' }).write(': 1\n\n')
      return
    case 'large':
      response.writeHead(200, { 'Content-Length': 5_000_000 }).end(Buffer.alloc(5_000_000, 'x'))
      return
    default:
      response.end(`${request.method} ${request.url} ${request.headers.host === undefined ? 'no host' : 'host'}`)
  }
}

beforeEach(async () => {
  ended.length = 0
  platform = await assemble({ containers: memoryContainers(), mounts: [{ path: '/page', handle }] })
  ;({ url } = await platform.listen({ port: 0, tls: FIRST }))
  session = await connectHttp2(url)
})

afterEach(async () => {
  session.destroy()
  await platform.close()
})

interface Reply {
  readonly status: number
  readonly cookies: readonly string[]
  readonly text: string
}

function overHttp1(method: string, path: string, body?: string): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const sent = requestHttps(`${url}${path}`, { method, ca: [...CA], agent: false }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('error', reject)
      response.on('end', () => {
        const { statusCode = 0, headers } = response
        resolve({ status: statusCode, cookies: headers['set-cookie'] ?? [], text: Buffer.concat(chunks).toString() })
      })
    })
    sent.on('error', reject)
    sent.end(body)
  })
}

async function overHttp2(method: string, path: string, body?: string): Promise<Reply> {
  const { status, lines, text } = await sendOver(session, {
    method,
    path,
    headers: {},
    ...(body !== undefined && { body }),
  })
  return { status, cookies: lines.get('set-cookie') ?? [], text }
}

describe.each([
  ['HTTP/1.1', overHttp1],
  ['HTTP/2', overHttp2],
])('mounts on a port with TLS, over %s', (_version, ask) => {
  it('answer their paths, beside the API', async () => {
    for (const path of ['/page', '/page/a/b', '/page?x=1']) {
      expect((await ask('GET', path)).text).toBe(`GET ${path} host`)
    }
    expect((await ask('GET', '/ping')).text).toBe('pong')
    expect((await ask('GET', '/pages')).status).toBe(405)
  })

  it('read bodies and set several headers of one name', async () => {
    const body = 'é'.repeat(200_000)
    expect(await ask('POST', '/page/echo', body)).toEqual({ status: 201, cookies: ['a=1', 'b=2'], text: body })
  })

  it('send large answers whole', async () => {
    expect((await ask('GET', '/page/large')).text.length).toBe(5_000_000)
  })

  it('that throw are a 500, or a broken answer once it has begun, and the port goes on', async () => {
    expect((await ask('GET', '/page/throws')).status).toBe(500)
    await expect(ask('GET', '/page/half')).rejects.toThrow()
    expect((await ask('GET', '/ping')).text).toBe('pong')
  })
})

describe('mounts over HTTP/2', () => {
  it('a client that resets one stream, in its body or in the answer, ends that one and no other', async () => {
    const endless = session.request({ ':path': '/page/endless' })
    await once(endless, 'data')
    const other = session.request({ ':path': '/page/endless/other' })
    await once(other, 'data')
    const upload = session.request({ ':method': 'POST', ':path': '/page/echo/upload' })
    upload.on('error', () => undefined)
    upload.write('begun')
    await once(upload, 'data')
    upload.close(8)
    endless.close(8)
    await vi.waitFor(() => expect(ended.toSorted()).toEqual(['/page/echo/upload', '/page/endless']), {
      timeout: 10_000,
    })
    expect((await overHttp2('GET', '/ping')).text).toBe('pong')
    expect(other.closed).toBe(false)
    other.close()
  })

  it('a stream that is open does not keep the platform from closing', async () => {
    const endless = session.request({ ':path': '/page/endless' })
    endless.on('error', () => undefined)
    await once(endless, 'data')
    await platform.close()
    await vi.waitFor(() => expect(endless.destroyed).toBe(true), { timeout: 10_000 })
  })
})
