import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { invokerFront, type InvokerFrontOptions } from '../../../src/invoker/http/invoker-front.ts'
import { PlatformError } from '../../../src/errors.ts'
import { silentLogger } from '../../../src/log.ts'
import { InvokerBench } from '../fakes/invoker-bench.ts'

let bench: InvokerBench
let server: Server | undefined
const OPERATOR = 'invoker.user:invoker.pass'

async function serve(extra: Partial<InvokerFrontOptions> = {}): Promise<void> {
  bench = new InvokerBench()
  await bench.open()
  server = createServer(invokerFront({ invoker: bench.invoker, logger: silentLogger, ...extra }))
  await new Promise<void>((resolve) => server!.listen(0, '127.0.0.1', resolve))
}

interface Answered {
  readonly status: number
  readonly text: string
  readonly headers: Headers
}

async function ask(method: string, path: string, auth?: string): Promise<Answered> {
  const { port } = server!.address() as AddressInfo
  const asked = fetch(`http://127.0.0.1:${port}${path}`, {
    method,
    ...(auth === undefined
      ? {}
      : { headers: { authorization: `Basic ${Buffer.from(auth).toString('base64')}`, connection: 'close' } }),
  })
  // Time stands still unless it is moved, and disabling takes some.
  let response: Response | undefined
  void asked.then((answer) => (response = answer))
  while (!response) {
    await bench.clock.advance(50)
    await Promise.race([asked, new Promise((resolve) => setImmediate(resolve))])
  }
  return { status: response.status, text: await response.text(), headers: response.headers }
}

afterEach(async () => {
  await new Promise((resolve) => {
    server?.close(resolve)
    server?.closeAllConnections()
  })
  await bench.close()
})

describe('the HTTP front of an invoker', () => {
  it('disables and enables it in the words of OpenWhisk', async () => {
    await serve()
    const enabled = async (): Promise<string> => (await ask('GET', '/isEnabled', OPERATOR)).text
    expect(await enabled()).toBe('{"enabled":true}')
    expect(await ask('POST', '/disable', OPERATOR)).toMatchObject({ status: 200, text: 'invoker0 is now disabled.' })
    expect(bench.invoker.isEnabled).toBe(false)
    expect(await enabled()).toBe('{"enabled":false}')
    expect(await ask('POST', '/disable', OPERATOR)).toMatchObject({ text: 'invoker0 is already disabled.' })
    expect(await ask('POST', '/enable', OPERATOR)).toMatchObject({ status: 200, text: 'invoker0 is now enabled.' })
    expect(await ask('POST', '/enable', OPERATOR)).toMatchObject({ text: 'invoker0 is already enabled.' })
    expect(await enabled()).toBe('{"enabled":true}')
  })

  it('is ready for anybody who asks while it takes work', async () => {
    await serve()
    expect(await ask('GET', '/ready')).toMatchObject({ status: 200, text: '{"ready":"yes"}' })
    await ask('POST', '/disable', OPERATOR)
    expect(await ask('GET', '/ready')).toMatchObject({ status: 503, text: '{"unready":"the invoker takes no work"}' })
    await ask('POST', '/enable', OPERATOR)
    expect(await ask('GET', '/ready')).toMatchObject({ status: 200 })
  })

  it('answers ping and open paths to anybody', async () => {
    await serve({
      open: [{ path: '/metrics', handle: () => ({ status: 200, contentType: 'text/plain', body: 'up 1\n' }) }],
    })
    expect(await ask('GET', '/ping')).toMatchObject({ status: 200, text: 'pong' })
    expect(await ask('GET', '/metrics?name=up')).toMatchObject({ status: 200, text: 'up 1\n' })
  })

  it.each([
    ['nobody', undefined],
    ['a wrong password', 'invoker.user:wrong'],
    ['a wrong name', 'other:invoker.pass'],
  ])('refuses %s, and changes nothing', async (_who, auth) => {
    await serve()
    for (const [method, path] of [
      ['POST', '/disable'],
      ['POST', '/enable'],
      ['GET', '/isEnabled'],
    ] as const) {
      const { status, text, headers } = await ask(method, path, auth)
      expect({ status, text }).toEqual({ status: 401, text: 'username or password are wrong.' })
      expect(headers.get('www-authenticate')).toBe('Basic realm="invoker"')
    }
    expect(bench.invoker.isEnabled).toBe(true)
  })

  it('takes the credentials that it is given, and then no others', async () => {
    await serve({ credentials: { username: 'me', password: 'a:b' } })
    expect(await ask('GET', '/isEnabled', 'me:a:b')).toMatchObject({ status: 200 })
    expect(await ask('GET', '/isEnabled', OPERATOR)).toMatchObject({ status: 401 })
  })

  it('names the method when it is asked with another, and knows no other paths', async () => {
    await serve()
    const { status, headers } = await ask('GET', '/disable', OPERATOR)
    expect({ status, allow: headers.get('allow') }).toEqual({ status: 405, allow: 'POST' })
    expect(bench.invoker.isEnabled).toBe(true)
    expect(await ask('GET', '/metrics')).toMatchObject({ status: 404 })
    expect(await ask('GET', '/', OPERATOR)).toMatchObject({ status: 404 })
  })

  it('says no more than that something failed', async () => {
    await serve()
    await ask('POST', '/disable', OPERATOR)
    const subscribe = bench.queue.subscribe.bind(bench.queue)
    bench.queue.subscribe = () => Promise.reject(new PlatformError('ERR_UNAVAILABLE', 'redis://secret@host'))
    expect(await ask('POST', '/enable', OPERATOR)).toMatchObject({
      status: 500,
      text: '{"error":"There was an internal server error."}',
    })
    bench.queue.subscribe = subscribe
  })
})
