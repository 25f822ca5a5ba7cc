import { spawn } from 'node:child_process'
import { createServer, request as httpRequest, type Server } from 'node:http'
import { connect, type AddressInfo, type Socket } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { eventually } from '@stemcell/conformance'
import { DEFAULT_PLATFORM_LIMITS } from '../../../src/model/platform-limits.ts'
import { VirtualClock } from '../../../src/time/virtual-clock.ts'
import { ACTIONS, ApiClient } from '../api-client.ts'
import { basicAuth, OWNER, TestController, type TestControllerOptions } from '../test-controller.ts'

const patience = { uniqueName: 'unused', patienceMs: 10_000 }
const MB = 1024 * 1024
/** Far more than fits into the buffers of a connection. */
const LENGTH = 16 * MB
const limits = { ...DEFAULT_PLATFORM_LIMITS, maxRequestBytes: 2 * MB }
const AUTHORIZATION = basicAuth(OWNER)
const HEAD = `host: x\r\nauthorization: ${AUTHORIZATION}\r\ncontent-type: application/json\r\n`

let controller: TestController
/** Connections that are kept by who prepared the test. */
let others: number
const sockets: Socket[] = []
let proxy: Server | undefined

async function start(options: TestControllerOptions = {}): Promise<void> {
  controller = await TestController.start({ ...options, parts: { limits, ...options.parts } })
  const api = new ApiClient(controller)
  await api.putAction('a', { annotations: [{ key: 'web-export', value: true }] })
  others = await controller.connections()
}

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy()
  proxy?.closeAllConnections()
  proxy?.close()
  proxy = undefined
  await controller.stop()
})

interface Told {
  readonly status: number
  readonly text: string
}

async function byFetch(url: string, method: string, chunked: boolean): Promise<Told> {
  const body = chunked ? new Blob([Buffer.alloc(LENGTH, ' ')]).stream() : Buffer.alloc(LENGTH, ' ')
  const headers = { authorization: AUTHORIZATION, 'content-type': 'application/json' }
  const response = await fetch(url, { method, body, headers, ...(chunked ? { duplex: 'half' } : {}) } as RequestInit)
  return { status: response.status, text: await response.text() }
}

const PYTHON = `
import sys, urllib.request, urllib.error, http.client
url, method, chunked, length, authorization = sys.argv[1:]
data = b' ' * int(length)
headers = {'authorization': authorization, 'content-type': 'application/json'}
if chunked == 'true':
  host, path = url[len('http://'):].split('/', 1)
  connection = http.client.HTTPConnection(host)
  connection.request(method, '/' + path, iter([data[i:i + 65536] for i in range(0, len(data), 65536)]), headers, encode_chunked=True)
  answer = connection.getresponse()
  print(answer.status, answer.read().decode())
else:
  try:
    urllib.request.urlopen(urllib.request.Request(url, data, headers, method=method))
  except urllib.error.HTTPError as error:
    print(error.code, error.read().decode())
`

/** A client that sends all before it looks at the answer. */
function byPython(url: string, method: string, chunked: boolean): Promise<Told> {
  return new Promise((resolve, reject) => {
    const child = spawn('python3', ['-c', PYTHON, url, method, String(chunked), String(LENGTH), AUTHORIZATION])
    let output = ''
    child.stdout.on('data', (data: Buffer) => (output += String(data)))
    child.stderr.on('data', (data: Buffer) => (output += String(data)))
    child.on('error', reject)
    child.on('close', () => resolve({ status: Number(output.slice(0, 3)), text: output.slice(4) }))
  })
}

/** Through a proxy that takes the whole request before it passes it on, and has 502 for a server that breaks off. */
async function byProxy(url: string, method: string, chunked: boolean): Promise<Told> {
  const { port } = new URL(url)
  const server = createServer((request, response) => {
    const { headers, url: path } = request
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const upstream = httpRequest({ port, method, path, headers, agent: false }, (answer) => {
        response.writeHead(answer.statusCode ?? 0)
        answer.pipe(response)
      })
      upstream.on('error', () => {
        if (!response.headersSent) response.writeHead(502).end('bad gateway')
      })
      for (const chunk of chunks) upstream.write(chunk)
      upstream.end()
    })
  })
  proxy = server
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const own = url.replace(port, String((server.address() as AddressInfo).port))
  return byPython(own, method, chunked)
}

describe('a request with more than it may have', () => {
  for (const [client, send] of [
    ['fetch', byFetch],
    ['Python', byPython],
    ['a proxy', byProxy],
  ] as const) {
    for (const chunked of [false, true]) {
      for (const [what, method, path, status, text] of [
        ['an invocation', 'POST', `${ACTIONS}/a`, 413, /larger/],
        ['a write', 'PUT', `${ACTIONS}/b`, 413, /larger/],
        ['a web action', 'POST', '/api/v1/web/owner/default/a.json', 413, /larger/],
        ['a path that is none', 'POST', '/nothing', chunked ? 405 : 413, /./],
      ] as const) {
        it(`for ${what}, sent by ${client}${chunked ? ' in chunks' : ''}, is told so`, async () => {
          await start()
          const told = await send(controller.baseUrl + path, method, chunked)
          expect(told.status).toBe(status)
          expect(told.text).toMatch(text)
        })
      }
    }
  }
})

/** What comes back on a connection, and whether it is over. */
function open(): { readonly socket: Socket; readonly answer: () => string; readonly ended: () => boolean } {
  const socket = connect({ port: controller.port, host: '127.0.0.1', allowHalfOpen: true })
  sockets.push(socket)
  let answer = ''
  let ended = false
  socket.setEncoding('latin1')
  socket.on('data', (data: string) => (answer += data))
  socket.on('end', () => (ended = true))
  socket.on('error', () => undefined)
  return { socket, answer: () => answer, ended: () => ended }
}

describe('a connection on which an answer came early', () => {
  it('is closed in stages: the answer, its end, and what still comes is discarded up to its end', async () => {
    await start()
    const { socket, answer, ended } = open()
    socket.write(`PUT ${ACTIONS}/b HTTP/1.1\r\n${HEAD}content-length: ${3 * MB}\r\n\r\n`)
    await eventually('the server has said all', patience, ended)
    expect(answer()).toMatch(/^HTTP\/1\.1 413 [^]*\r\nConnection: close\r\n/)
    const sent = new Promise<unknown>((resolve) => socket.write(Buffer.alloc(3 * MB), resolve))
    expect(await sent).toBeFalsy()
    await eventually('the server lets go', patience, async () => (await controller.connections()) <= others)
  })

  for (const chunk of [0, 1]) {
    it(`is cut ${chunk === 0 ? 'after 5 s when nothing more comes' : 'after 30 s when there is no end of it'}`, async () => {
      const clock = new VirtualClock()
      await start({ parts: { clock } })
      const { socket, ended } = open()
      socket.write(`PUT ${ACTIONS}/b HTTP/1.1\r\n${HEAD}content-length: ${30 * MB}\r\n\r\n`)
      await eventually('the server has said all', patience, ended)
      let seconds = 0
      await eventually('it is cut', patience, async () => {
        if (chunk > 0) await new Promise((resolve) => socket.write('x', resolve))
        await clock.advance(1000)
        seconds++
        return (await controller.connections()) <= others
      })
      expect(seconds).toBeGreaterThan(chunk === 0 ? 4 : 28)
      expect(seconds).toBeLessThan(chunk === 0 ? 15 : 40)
    })
  }

  it('is cut when too much comes', { timeout: 60_000 }, async () => {
    await start()
    const { socket } = open()
    let sent = 0
    const block = Buffer.alloc(MB, ' ')
    const write = (): Promise<boolean> => new Promise((resolve) => socket.write(block, (error) => resolve(!error)))
    socket.write(`PUT ${ACTIONS}/b HTTP/1.1\r\n${HEAD}content-length: ${2000 * MB}\r\n\r\n`)
    while (sent < 1000 * MB && (await write())) sent += block.length
    expect(sent).toBeGreaterThan(200 * MB)
    expect(sent).toBeLessThan(400 * MB)
  })

  it('serves on when what still comes is little', async () => {
    await start()
    const { socket, answer } = open()
    socket.write(`POST ${ACTIONS}/missing HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\n\r\n`)
    await eventually('the refusal', patience, () => answer().startsWith('HTTP/1.1 401 '))
    socket.write(`12345GET ${ACTIONS} HTTP/1.1\r\n${HEAD}\r\n`)
    await eventually('the answer after it', patience, () => answer().includes('HTTP/1.1 200 '))
    expect(answer()).not.toContain('Connection: close')
  })

  it('does not cut the answers before it', async () => {
    await start()
    const { socket, answer, ended } = open()
    const invoke = `POST ${ACTIONS}/a?blocking=true HTTP/1.1\r\n${HEAD}content-length: 2\r\n\r\n{}`
    socket.write(`${invoke}PUT ${ACTIONS}/b HTTP/1.1\r\n${HEAD}content-length: ${3 * MB}\r\n\r\n`)
    await eventually('the server has said all', patience, ended)
    expect(answer()).toMatch(/^HTTP\/1\.1 200 [^]*HTTP\/1\.1 413 /)
  })

  it('has all of an answer without a body, and of one to HEAD', async () => {
    await start()
    const { socket, answer, ended } = open()
    socket.write(
      `HEAD /api/v1/web/owner/default/missing HTTP/1.1\r\n${HEAD}transfer-encoding: chunked\r\n\r\n1\r\nx\r\n`,
    )
    await eventually('the server has said all', patience, ended)
    expect(answer()).toMatch(/^HTTP\/1\.1 404 [^]*\r\n\r\n$/)
  })
})

describe('a client that asks before it sends its body', () => {
  it('is told to go on when the body is wanted', async () => {
    await start()
    const { socket, answer } = open()
    socket.write(`POST ${ACTIONS}/a?blocking=true HTTP/1.1\r\n${HEAD}expect: 100-continue\r\ncontent-length: 7\r\n\r\n`)
    await eventually('the word', patience, () => answer() === 'HTTP/1.1 100 Continue\r\n\r\n')
    socket.write('{"a":1}')
    await eventually('the answer', patience, () => answer().includes('HTTP/1.1 200 OK'))
  })

  it('is told the refusal instead, and the connection is closed, as nobody knows whether the body comes', async () => {
    await start()
    const { socket, answer, ended } = open()
    socket.write(`POST ${ACTIONS}/a HTTP/1.1\r\n${HEAD}expect: 100-continue\r\ncontent-length: ${MB + 1}\r\n\r\n`)
    await eventually('the server has said all', patience, ended)
    expect(answer()).toMatch(/^HTTP\/1\.1 413 /)
  })
})
