import { Server } from 'node:http'
import { connect, type AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { GatewayRig, send } from './gateway-rig.ts'

let server: Server
let rig: GatewayRig

beforeAll(async () => {
  const listen = vi.spyOn(Server.prototype, 'listen')
  rig = await GatewayRig.start({ hosts: { 'books.example': 'guest' } })
  const { port } = new URL(rig.gatewayUrl)
  server = (listen.mock.contexts as Server[]).find((one) => (one.address() as AddressInfo).port === Number(port))!
  listen.mockRestore()
  await rig.webAction('echo')
  await rig.create('/books', '/all', 'post', 'echo')
  await rig.create('/books', '/all', 'get', 'echo')
})

afterAll(() => rig.close())

/** All that comes until the gateway closes the connection. */
function exchange(request: string): Promise<string> {
  const { hostname, port } = new URL(rig.gatewayUrl)
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname)
    let text = ''
    socket.setEncoding('latin1').on('data', (chunk: string) => (text += chunk))
    socket.on('error', reject)
    socket.on('end', () => resolve(text))
    socket.write(request)
  })
}

function statuses(answers: string): number[] {
  return [...answers.matchAll(/HTTP\/1\.1 (\d{3}) \w/g)].map(([, status]) => Number(status))
}

describe('the port of the gateway', () => {
  it('asks once for a body that waits to be asked for', async () => {
    const text = await exchange(
      'POST /api/guest/books/all HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nConnection: close\r\n' +
        'Content-Type: application/json\r\nContent-Length: 9\r\n\r\n{"own":1}',
    )
    expect(statuses(text)).toEqual([100, 200])
    expect(text).toContain('"own": 1')
  })

  it('does not ask for a body that it has no use for, and takes nothing else for it', async () => {
    const text = await exchange(
      'POST /api/guest/none HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 9\r\n\r\n',
    )
    expect(statuses(text)).toEqual([404])
    expect(text).toMatch(/^Connection: close\r$/m)
  })

  it('passes over expectations that nobody knows', async () => {
    const text = await exchange(
      'GET /api/guest/books/all HTTP/1.1\r\nHost: x\r\nExpect: more\r\nConnection: close\r\n\r\n',
    )
    expect(statuses(text)).toEqual([200])
  })

  it.each([
    ['CONNECT a:1 HTTP/1.1\r\nHost: x\r\n\r\n', 501],
    ['NOBODY / HTTP/1.1\r\nHost: x\r\n\r\n', 501],
    ['\x16\x03\x01\r\n\r\n', 400],
    [`GET / HTTP/1.1\r\nHost: x\r\nX-Long: ${'x'.repeat(70_000)}\r\n\r\n`, 431],
  ])('says what is wrong with what is no request: %j', async (request, status) => {
    const text = await exchange(request)
    expect(statuses(text)).toEqual([status])
    expect(JSON.parse(text.slice(text.indexOf('\r\n\r\n')))).toEqual({
      status,
      message: expect.stringMatching(/^Error: \w/) as string,
    })
  })

  it('hands on each of thousands of headers', async () => {
    const many = Array.from({ length: 2500 }, (_, index) => `h${index}: 1\r\n`).join('')
    const text = await exchange(
      `POST /api/guest/books/all HTTP/1.1\r\nHost: x\r\nConnection: close\r\n${many}` +
        'Content-Type: application/json\r\nContent-Length: 9\r\n\r\n{"own":1}',
    )
    expect(text).toContain('"own": 1')
    expect(text).toContain('"h2499": "1"')
  })

  it('takes targets as proxies send them, whose host counts', async () => {
    const ask = (target: string): Promise<string> =>
      exchange(`GET ${target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`)
    expect(statuses(await ask('http://x/api/guest/books/all'))).toEqual([200])
    expect(statuses(await ask('http://Books.Example:80/books/all?a=1'))).toEqual([200])
    expect(statuses(await ask('http://x/books/all'))).toEqual([404])
  })

  it('goes on when connections cannot be accepted', async () => {
    server.emit('error', Object.assign(new Error('accept EMFILE'), { code: 'EMFILE' }))
    expect((await send(`${rig.apis}/books/all`)).status).toBe(200)
  })
})
