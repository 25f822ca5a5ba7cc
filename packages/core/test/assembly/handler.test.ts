import express, { type Express } from 'express'
import { fastify, type FastifyInstance } from 'fastify'
import { once } from 'node:events'
import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { assemble, memoryContainers, type JsonObject, type Platform } from '../../src/index.ts'

const ACTION = 'function main(args) { return { got: args } }'
const WEB = `function main(args) {
  return { statusCode: 201, headers: { 'X-Own': 'yes', 'Set-Cookie': ['a=1', 'b=2'] }, body: { got: args } }
}`

let platform: Platform
let authorization: string
let close: () => Promise<void>

beforeAll(async () => {
  platform = await assemble({ containers: memoryContainers(), limits: { invocationsPerMinute: 10_000 } })
  const { uuid, key } = await platform.subjects.createUser('guest')
  authorization = `Basic ${Buffer.from(`${uuid}:${key}`).toString('base64')}`
  const guest = await platform.client('guest')
  await guest.putAction('echo', { exec: { kind: 'nodejs:20', code: ACTION } })
  await guest.putAction('web', {
    exec: { kind: 'nodejs:20', code: WEB },
    annotations: [{ key: 'web-export', value: true }],
  })
})
afterAll(() => platform.close())
afterEach(() => close())

async function listening(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  close = async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const overHttp = (): Promise<string> => listening(createServer(platform.handler))

function overExpress(setUp: (app: Express) => void): () => Promise<string> {
  return () => {
    const app = express()
    setUp(app)
    return listening(createServer(app as RequestListener))
  }
}

async function overFastify(setUp: (app: FastifyInstance) => void): Promise<string> {
  const app = fastify()
  setUp(app)
  const url = await app.listen({ port: 0, host: '127.0.0.1' })
  close = () => app.close()
  return url
}

const INVOKE = '/api/v1/namespaces/_/actions/echo?blocking=true&result=true'

function invoke(url: string, args: JsonObject, path = INVOKE): Promise<Response> {
  return fetch(url + path, {
    method: 'POST',
    headers: { authorization, 'content-type': 'application/json' },
    body: JSON.stringify(args),
  })
}

describe('the handler of a platform', () => {
  it.each<[string, () => Promise<string>]>([
    ['node:http', overHttp],
    ['express', overExpress((app) => app.use(platform.handler))],
    ['express, mounted where the API is', overExpress((app) => app.use('/api/v1', platform.handler))],
    [
      'express, behind parsers of bodies',
      overExpress((app) => {
        app.use(express.json(), express.urlencoded({ extended: true }), express.text(), express.raw())
        app.use('/api', platform.handler)
      }),
    ],
    [
      'express, behind a parser of bytes',
      overExpress((app) => app.use(express.raw({ type: '*/*' }), platform.handler)),
    ],
    [
      'express, behind a parser of text',
      overExpress((app) => app.use(express.text({ type: '*/*' }), platform.handler)),
    ],
    [
      'fastify, which leaves bodies alone there',
      () =>
        overFastify((app) => {
          void app.register((api, _options, done) => {
            api.removeAllContentTypeParsers()
            api.addContentTypeParser('*', (_request, _payload, parsed) => parsed(null))
            api.all('/api/v1/*', (request, reply) => {
              reply.hijack()
              platform.handler(request.raw, reply.raw)
            })
            done()
          })
        }),
    ],
    [
      'fastify, which has parsed the body',
      () =>
        overFastify((app) => {
          app.addContentTypeParser(
            'application/x-www-form-urlencoded',
            { parseAs: 'string' },
            (_request, body, parsed) => parsed(null, body),
          )
          app.all('/api/v1/*', (request, reply) => {
            reply.hijack()
            platform.handler(Object.assign(request.raw, { body: request.body }), reply.raw)
          })
        }),
    ],
  ])('answers in %s', async (_server, start) => {
    const url = await start()
    const args = { text: 'é "quoted"', list: [1, 2], nested: { a: null } }
    const answer = await invoke(url, args)
    expect([answer.status, await answer.json()]).toEqual([200, { got: args }])
    const without = await fetch(url + INVOKE, { method: 'POST', headers: { authorization } })
    expect([without.status, await without.json()]).toEqual([200, { got: {} }])
    const list = await fetch(`${url}/api/v1/namespaces/_/actions`, { headers: { authorization } })
    expect(((await list.json()) as JsonObject[]).map(({ name }) => name)).toEqual(
      expect.arrayContaining(['echo', 'web']),
    )
    const form = await fetch(`${url}/api/v1/web/guest/default/web.http?q=1`, {
      method: 'POST',
      body: new URLSearchParams([
        ['a', '1'],
        ['b', 'x y'],
      ]),
    })
    expect([form.status, await form.json()]).toMatchObject([201, { got: { a: '1', b: 'x y', q: '1' } }])
    expect(form.headers.get('x-own')).toBe('yes')
    expect((await fetch(`${url}/api/v1/namespaces`)).status).toBe(401)
  })

  it('answers at once where a parser left nothing of the body', async () => {
    const swallow = overExpress((app) => {
      app.use((request, _response, next) => {
        request.resume().on('end', () => next())
      }, platform.handler)
    })
    const answer = await invoke(await swallow(), { a: 1 })
    expect([answer.status, await answer.json()]).toEqual([
      500,
      { error: expect.stringContaining('mount the platform before body parsers'), code: expect.any(String) },
    ])
  })
})

describe('fetch of a platform', () => {
  const at = 'http://anything.example'
  const post = (path: string, init: RequestInit = {}): Promise<Response> =>
    platform.fetch(at + path, { method: 'POST', headers: { authorization }, ...init })

  beforeAll(() => {
    close = () => Promise.resolve()
  })

  it('answers blocking invocations, others, and what is refused', async () => {
    const json = { authorization, 'content-type': 'application/json' }
    const blocking = await platform.fetch(new Request(at + INVOKE, { method: 'POST', headers: json, body: '{"n":1}' }))
    expect([blocking.status, await blocking.json()]).toEqual([200, { got: { n: 1 } }])
    const accepted = await post('/api/v1/namespaces/_/actions/echo')
    expect([accepted.status, await accepted.json()]).toEqual([202, { activationId: expect.any(String) }])
    expect((await platform.fetch(new URL(`${at}/api/v1/namespaces`))).status).toBe(401)
    expect((await post('/api/v1/namespaces/_/actions/none')).status).toBe(404)
    expect((await post(INVOKE, { headers: json, body: 'no' })).status).toBe(400)
  })

  it('answers web actions with their status, headers and cookies', async () => {
    const response = await platform.fetch(`${at}/api/v1/web/guest/default/web.http`, {
      method: 'POST',
      body: new URLSearchParams({ a: '1' }),
    })
    expect(response.status).toBe(201)
    expect(response.headers.getSetCookie()).toEqual(['a=1', 'b=2'])
    expect(await response.json()).toMatchObject({ got: { a: '1', __ow_headers: { host: 'anything.example' } } })
    const head = await platform.fetch(`${at}/api/v1/web/guest/default/web.http`, { method: 'HEAD' })
    expect([head.status, await head.text()]).toEqual([201, ''])
    const preflight = await platform.fetch(`${at}/api/v1/web/guest/default/web.http`, { method: 'OPTIONS' })
    expect([preflight.status, preflight.headers.get('access-control-allow-methods')]).toEqual([
      200,
      expect.stringContaining('PATCH'),
    ])
  })

  it('takes a body that streams', async () => {
    const pieces = ['{"a":', '"', 'x'.repeat(100_000), '"}']
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        const piece = pieces.shift()
        if (piece === undefined) controller.close()
        else controller.enqueue(new TextEncoder().encode(piece))
      },
    })
    const response = await post(INVOKE, {
      headers: { authorization, 'content-type': 'application/json' },
      body,
      duplex: 'half',
    } as RequestInit)
    expect(await response.json()).toEqual({ got: { a: 'x'.repeat(100_000) } })
  })

  it('is given up when its signal aborts, before and while it waits', async () => {
    await expect(platform.fetch(`${at}/ping`, { signal: AbortSignal.abort() })).rejects.toMatchObject({
      name: 'AbortError',
    })
    const guest = await platform.client('guest')
    await guest.putAction('slow', {
      exec: { kind: 'nodejs:20', code: 'function main() { return new Promise((r) => setTimeout(r, 400, {})) }' },
    })
    const stop = new AbortController()
    const waiting = post('/api/v1/namespaces/_/actions/slow?blocking=true', { signal: stop.signal })
    await expect.poll(async () => (await guest.request('GET', '/activation/count')).body).toBe(1)
    stop.abort()
    await expect(waiting).rejects.toMatchObject({ name: 'AbortError' })
    await expect.poll(async () => (await guest.request('GET', '/activation/count')).body).toBe(0)
  })

  it('is refused once the platform is closed', async () => {
    const other = await assemble({ containers: memoryContainers() })
    const { fetch: fetchOther } = other
    expect(await (await fetchOther(`${at}/ping`)).text()).toBe('pong')
    await other.close()
    await expect(fetchOther(`${at}/ping`)).rejects.toMatchObject({ code: 'ERR_CLOSED' })
  })

  it('is 503 for a server of the caller’s once the platform is closed', async () => {
    const other = await assemble({ containers: memoryContainers() })
    const { handler } = other
    const server = createServer((request, response) => handler(request, response)).listen(0, '127.0.0.1')
    try {
      await once(server, 'listening')
      const ping = `http://127.0.0.1:${(server.address() as AddressInfo).port}/ping`
      expect((await fetch(ping)).status).toBe(200)
      await other.close()
      const refused = await fetch(ping, { method: 'POST', body: 'x'.repeat(100_000) })
      expect(refused.status).toBe(503)
      expect(await refused.json()).toMatchObject({ error: expect.stringContaining('closed') })
    } finally {
      server.close()
      server.closeAllConnections()
    }
  })
})
