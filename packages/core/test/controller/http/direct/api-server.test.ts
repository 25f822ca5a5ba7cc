import type { Duplex } from 'node:stream'
import { setImmediate as turn } from 'node:timers/promises'
import { beforeEach, describe, expect, it } from 'vitest'
import { duplexPair } from '../../../../src/assembly/duplex-pair.ts'
import { textAnswer, writeAnswer, type Answer } from '../../../../src/controller/http/answer.ts'
import { ApiServer, type HttpRequest, type HttpResponse } from '../../../../src/controller/http/direct/api-server.ts'
import { DirectRequest } from '../../../../src/controller/http/direct/direct-request.ts'
import { DirectResponse } from '../../../../src/controller/http/direct/direct-response.ts'
import { VirtualClock } from '../../../../src/time/virtual-clock.ts'
import { eventually } from '../../../../../../test/eventually.ts'

const KEEP_ALIVE_MS = 75_000
const GET = 'GET /a HTTP/1.1\r\nhost: x\r\n\r\n'
const POST = 'POST /a HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\n\r\n'

interface Seen {
  readonly request: HttpRequest
  readonly response: HttpResponse
  readonly isDirect: boolean
  readonly answer: (answer: Answer) => void
}

let clock: VirtualClock
let server: ApiServer
let seen: Seen[]

beforeEach(() => {
  clock = new VirtualClock(Date.UTC(2026, 0, 1))
  seen = []
  server = new ApiServer(
    { keepAliveTimeout: KEEP_ALIVE_MS },
    (request, response) => {
      const answer = (given: Answer): void => {
        if (response instanceof DirectResponse) response.send(given, 'id', [])
        else writeAnswer(response, given, 'id', [])
      }
      seen.push({ request, response, isDirect: request instanceof DirectRequest, answer })
    },
    clock,
  )
})

class Client {
  readonly #end: Duplex
  received = ''
  /** The server has said all. */
  ended = false
  closed = false

  constructor() {
    const [ours, theirs] = duplexPair()
    this.#end = ours
    ours.setEncoding('latin1').on('data', (chunk: string) => (this.received += chunk))
    ours.on('end', () => (this.ended = true))
    theirs.on('close', () => (this.closed = true))
    server.emit('connection', theirs)
  }

  async write(text: string): Promise<void> {
    this.#end.write(text)
    await turn()
  }

  async end(): Promise<void> {
    this.#end.end()
    await turn()
  }

  stopReading(): void {
    this.#end.pause()
  }

  readOn(): void {
    this.#end.resume()
  }

  get statuses(): string[] {
    return [...this.received.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => status!)
  }
}

async function seconds(count: number): Promise<void> {
  for (let second = 0; second < count; second++) {
    await clock.advance(1000)
    await turn()
  }
}

it('an answer has the head that node:http would write', async () => {
  const client = new Client()
  await client.write(GET)
  seen[0]!.answer(textAnswer(200, 'grüße', ['x-more', '1']))
  await turn()
  expect(seen[0]!.isDirect).toBe(true)
  const [, headers] = client.received.split(/\r\n\r\n/, 1)[0]!.split(/\r\n(.*)/s)
  expect(headers!.split('\r\n')).toEqual([
    'X-Request-ID: id',
    'Content-Type: text/plain; charset=UTF-8',
    'Content-Length: 7',
    'x-more: 1',
    'Date: Thu, 01 Jan 2026 00:00:00 GMT',
    'Connection: keep-alive',
    'Keep-Alive: timeout=75',
  ])
  expect(Buffer.from(client.received, 'latin1').toString()).toMatch(/\r\n\r\ngrüße$/)
})

describe('requests on one connection', () => {
  it('are answered in their order, each after the one before', async () => {
    const client = new Client()
    await client.write(GET + POST + '12345' + GET)
    expect(seen).toHaveLength(1)
    for (let index = 0; index < 3; index++) {
      seen[index]!.answer(textAnswer(200 + index, 'x'))
      await turn()
    }
    expect(client.statuses).toEqual(['200', '201', '202'])
    expect((seen[1]!.request as DirectRequest).body.toString()).toBe('12345')
    expect(seen.every(({ isDirect }) => isDirect)).toBe(true)
  })

  it('that say the same head are the same request', async () => {
    const client = new Client()
    for (const body of ['12345', '67890']) {
      await client.write(POST + body)
      seen.at(-1)!.answer(textAnswer(200, body))
      await turn()
    }
    expect(client.received).toMatch(/12345HTTP[^]*67890$/)
  })

  it('are read by node:http from the first one that is out of the common shape', async () => {
    const client = new Client()
    await client.write(`${GET}${GET.replace('host', 'connection: close\r\nhost')}`)
    seen[0]!.answer(textAnswer(200, 'x'))
    await eventually('the second', () => seen.length === 2)
    seen[1]!.answer(textAnswer(201, 'x'))
    await eventually('both answers', () => client.statuses.length === 2)
    expect(seen.map(({ isDirect }) => isDirect)).toEqual([true, false])
    await eventually('the end', () => client.ended)
  })

  it('are not read while the client does not read the answers', async () => {
    const client = new Client()
    client.stopReading()
    await client.write(GET)
    seen[0]!.answer(textAnswer(200, 'x'.repeat(4 * 1024 * 1024)))
    await client.write(GET)
    expect(seen).toHaveLength(1)
    client.readOn()
    await eventually('the next one', () => seen.length === 2)
  })
})

describe('a request that comes in parts', () => {
  it('is read when they follow one another', async () => {
    const client = new Client()
    for (const part of [POST.slice(0, 9), POST.slice(9), '12', '345']) await client.write(part)
    expect(seen.map(({ isDirect }) => isDirect)).toEqual([true])
  })

  for (const [what, first, rest] of [
    ['head', POST.slice(0, 20), `${POST.slice(20)}12345`],
    ['body', `${POST}12`, '345'],
  ] as const) {
    it(`is node:http's when the ${what} takes its time`, async () => {
      const client = new Client()
      await client.write(first)
      await seconds(3)
      await client.write(rest)
      await eventually('it', () => seen.length === 1)
      expect(seen[0]!.isDirect).toBe(false)
      seen[0]!.answer(textAnswer(200, 'x'))
      await eventually('its answer', () => client.statuses.length === 1)
    })
  }

  it('does not come any slower for what comes of it again and again', async () => {
    const client = new Client()
    await client.write(POST)
    for (let second = 0; second < 4; second++) {
      await client.write('1')
      await seconds(1)
    }
    expect(seen.map(({ isDirect }) => isDirect)).toEqual([false])
  })

  it('and breaks off is refused', async () => {
    const client = new Client()
    const errors: string[] = []
    server.on('clientError', (error: NodeJS.ErrnoException, socket: Duplex) => {
      errors.push(error.code ?? '')
      socket.destroy()
    })
    await client.write(POST)
    await client.end()
    await eventually('it is closed', () => client.closed)
    expect(errors).toEqual(['HPE_INVALID_EOF_STATE'])
    expect(seen).toHaveLength(0)
  })
})

describe('a connection', () => {
  it('is closed after an answer that says so', async () => {
    const client = new Client()
    await client.write(GET + GET)
    seen[0]!.answer(textAnswer(200, 'x', ['Connection', 'close']))
    await eventually('it is closed', () => client.closed)
    expect(client.received).toContain('Connection: close')
    expect(seen).toHaveLength(1)
  })

  it('is closed after the answer when the client has nothing more to say', async () => {
    const client = new Client()
    await client.write(GET)
    await client.end()
    seen[0]!.answer(textAnswer(200, 'x'))
    await eventually('it is closed', () => client.closed)
    expect(client.statuses).toEqual(['200'])
  })

  it.each(['', GET.slice(0, 9), 'FOO / HTTP/1.1\r\nhost: x\r\n\r\n'])(
    'is closed after all answers when the client asked more before it said no more, and then %j',
    async (rest) => {
      const client = new Client()
      await client.write(GET + GET + rest)
      await client.end()
      seen[0]!.answer(textAnswer(200, 'first'))
      expect(client.ended).toBe(false)
      expect(seen).toHaveLength(2)
      seen[1]!.answer(textAnswer(200, 'second'))
      await eventually('it is closed', () => client.closed)
      expect(client.received).toMatch(/first[^]*second$/)
    },
  )

  it('is closed when nothing was asked on it for as long as connections are kept', async () => {
    const client = new Client()
    await client.write(GET)
    await seconds(200)
    expect(client.closed).toBe(false)
    seen[0]!.answer(textAnswer(200, 'x'))
    await seconds(74)
    expect(client.closed).toBe(false)
    await seconds(3)
    expect(client.closed).toBe(true)
  })

  it('is let be for as long as it may, however soon after its last answer the clock ticks', async () => {
    server.keepAliveTimeout = 500
    const client = new Client()
    await client.write(GET)
    await clock.advance(999)
    seen[0]!.answer(textAnswer(200, 'x'))
    await clock.advance(1)
    await turn()
    expect(client.closed).toBe(false)
    await seconds(2)
    expect(client.closed).toBe(true)
  })

  it('on which nothing ever came is node:http’s to judge', async () => {
    const client = new Client()
    await seconds(6)
    await client.write(GET)
    await eventually('the request', () => seen.length === 1)
    expect(seen[0]!.isDirect).toBe(false)
  })

  it('that is gone takes no answer', async () => {
    const client = new Client()
    await client.write(GET)
    server.closeAllConnections()
    await eventually('it is closed', () => client.closed)
    expect(seen[0]!.response.destroyed).toBe(true)
    seen[0]!.answer(textAnswer(200, 'x'))
  })

  it('is idle when nothing is being answered', async () => {
    const [busy, idle] = [new Client(), new Client()]
    await idle.write(GET)
    seen[0]!.answer(textAnswer(200, 'x'))
    await busy.write(GET)
    server.closeIdleConnections()
    await eventually('the idle one is closed', () => idle.closed)
    expect(busy.closed).toBe(false)
  })
})
