import { once } from 'node:events'
import type { ClientHttp2Session, ClientHttp2Stream } from 'node:http2'
import { brotliDecompressSync } from 'node:zlib'
import { assemble, memoryContainers, type Platform } from '@stemcell/core'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { connectHttp2, FIRST, sendOver } from '../../../core/test/tls/http2-client.ts'
import { eventually } from '../../../../test/eventually.ts'
import { createConsole, type Console } from '../../src/index.ts'

const authorization = `Basic ${Buffer.from('operator:secret').toString('base64')}`
let platform: Platform
let console: Console
let session: ClientHttp2Session
let listeners = 0

beforeEach(async () => {
  console = createConsole({ operator: { username: 'operator', password: 'secret' } })
  platform = await assemble({ containers: memoryContainers(), mounts: [console.mount], observers: console.observers })
  const { invoker } = platform
  console.watch({
    controller: platform.controller,
    invoker: {
      instance: invoker.instance,
      watchContainers(listener) {
        listeners++
        const leave = invoker.watchContainers(listener)
        return () => {
          listeners--
          leave()
        }
      },
    },
  })
  const { url } = await platform.listen({ port: 0, tls: FIRST })
  session = await connectHttp2(url)
})

afterEach(async () => {
  console.close()
  session.destroy()
  await platform.close()
})

const get = (path: string, headers: Record<string, string> = {}, method = 'GET') =>
  sendOver(session, { method, path, headers })

async function listen(): Promise<{ readonly stream: ClientHttp2Stream; readonly text: () => string }> {
  const stream = session.request({ ':path': '/console/operator/stream', authorization })
  let text = ''
  stream.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
  const [headers] = (await once(stream, 'response')) as [Record<string, unknown>]
  expect([headers[':status'], headers['content-type']]).toEqual([200, 'text/event-stream'])
  return { stream, text: () => text }
}

describe('the console over TLS and HTTP/2', () => {
  it('serves its files, compressed and plain, with their lengths', async () => {
    const page = await get('/console/')
    expect(page.status).toBe(200)
    expect(page.headers['content-security-policy']).toContain("default-src 'none'")
    const script = `/console/${/src="\.\/([^"]+\.js)"/.exec(page.text)![1]!}`
    const [plain, packed] = [await get(script), await get(script, { 'accept-encoding': 'br' })]
    expect(packed.headers['content-encoding']).toBe('br')
    expect(brotliDecompressSync(packed.bytes).equals(plain.bytes)).toBe(true)
    expect(Number(plain.headers['content-length'])).toBe(plain.bytes.length)
    const head = await get(script, {}, 'HEAD')
    expect([head.status, head.bytes.length, head.headers['content-length']]).toEqual([
      200,
      0,
      String(plain.bytes.length),
    ])
    expect((await get('/console')).headers['location']).toBe('console/')
    expect((await get('/console/', {}, 'POST')).status).toBe(405)
  })

  it('streams to the operator alone, and ends when the console does', async () => {
    expect((await get('/console/operator/stream')).status).toBe(401)
    const { stream, text } = await listen()
    await eventually('a second event', () => text().includes('event: cluster\n'))
    expect(text().startsWith('event: hello\ndata: {')).toBe(true)
    console.close()
    await once(stream, 'end')
  })

  it('watches nothing any more once the last listener has gone, however it goes', async () => {
    const [first, second, third] = [await listen(), await listen(), await listen()]
    expect(listeners).toBe(1)
    first.stream.close()
    second.stream.close(8)
    await eventually('one listener', () => first.stream.closed && second.stream.closed)
    expect((await get('/console/settings.json')).status).toBe(200)
    expect(listeners).toBe(1)
    third.stream.on('error', () => undefined)
    session.destroy()
    await eventually('no listener', () => listeners === 0)
  })
})
