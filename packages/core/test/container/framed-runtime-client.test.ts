import { describe, expect, it } from 'vitest'
import { isPlatformError, LogDemultiplexer, SystemClock, type ErrorCode } from '@stemcell/core'
import { FrameFlag, FrameType, NegotiatingRuntimeClient, runtimeClient } from '@stemcell/core/runtime-client'
import { frameOf, FrameServer, framedClientOf, type Received } from './frame-server.ts'
import { RuntimeServer } from './runtime-server.ts'

const OPTIONS = { timeoutMs: 5_000, maxReplyBytes: 1_000, truncateAtBytes: 100 }

function code(expected: ErrorCode, text = ''): (error: unknown) => boolean {
  return (error) => isPlatformError(error, expected) && error.message.includes(text)
}

describe('the agreement on frames', () => {
  it('is reached with a runtime that speaks them, and primes it', async () => {
    const server = await new FrameServer(({ body, send }) => send(body)).listen()
    const client = await framedClientOf(server)
    expect(client.transport).toBe('frames')
    expect(await client.run('{"a":"ü"}', OPTIONS)).toEqual({
      status: 200,
      body: '{"a":"ü"}',
      bodyBytes: 10,
      truncated: false,
    })
    expect(server.connections).toHaveLength(1)
  })

  it('is not reached with a server that speaks HTTP only: that one sees an ordinary request and HTTP goes on', async () => {
    const urls: string[] = []
    const server = await new RuntimeServer(({ url }, response) => {
      urls.push(url)
      response.writeHead(url === '/run' ? 200 : 404).end('{"ok":1}')
    }).listen()
    const client = await framedClientOf(server)
    expect(client.transport).toBe('http')
    expect(await client.run('{}', OPTIONS)).toMatchObject({ status: 200, body: '{"ok":1}' })
    expect(urls).toEqual(['/', '/run', '/run'])
  })

  it('is not reached with a server that hangs up on what it does not know: HTTP goes on', async () => {
    const server = await new RuntimeServer(({ url }, response) => {
      if (url === '/run') response.end('{"ok":1}')
      else response.destroy()
    }).listen()
    const client = await framedClientOf(server)
    expect(client.transport).toBe('http')
    expect(await client.run('{}', OPTIONS)).toMatchObject({ status: 200, body: '{"ok":1}' })
  })

  it('is not even tried with an image that is not ours', async () => {
    const upgrades: unknown[] = []
    const server = new RuntimeServer((_request, response) => response.end('{}'))
    server.server.on('request', ({ headers }: { headers: Record<string, unknown> }) =>
      upgrades.push(headers['upgrade']),
    )
    await server.listen()
    const client = runtimeClient({ own: false, endpoint: server, maxConcurrent: 1, clock: new SystemClock() })
    await client.waitReady(5_000)
    await client.close()
    expect(upgrades).toEqual([undefined])
  })

  it('is tried again until its time is over, with somebody who accepts and hangs up', async () => {
    const server = await new FrameServer(() => undefined).listen()
    let left = 2
    const tries: unknown[] = []
    const push = server.connections.push.bind(server.connections)
    server.connections.push = (...sockets) => {
      tries.push(1)
      if (left-- > 0) for (const socket of sockets) socket.destroy()
      return push(...sockets)
    }
    await framedClientOf(server)
    expect(tries).toHaveLength(3)
    const nobody = new NegotiatingRuntimeClient({
      endpoint: { socketPath: '/no/such/socket' },
      maxConcurrent: 1,
      clock: new SystemClock(),
    })
    await expect(nobody.waitReady(20)).rejects.toSatisfy(code('ERR_TIMEOUT'))
    await nobody.waitReady(60_000, AbortSignal.timeout(20))
    await expect(nobody.run('{}', OPTIONS)).rejects.toSatisfy(code('ERR_NOT_REACHED'))
  })
})

describe('calls over frames', () => {
  it('are answered each by its own result, in any order', async () => {
    const waiting: Received[] = []
    const server = await new FrameServer((frame) => {
      waiting.push(frame)
      if (waiting.length === 20) for (const { body, send } of waiting.reverse()) send(body)
    }).listen()
    const client = await framedClientOf(server)
    const bodies = Array.from({ length: 20 }, (_, i) => `{"run":${i}}`)
    const replies = await Promise.all(bodies.map((body) => client.run(body, OPTIONS)))
    expect(replies.map(({ body }) => body)).toEqual(bodies)
    expect(server.connections).toHaveLength(1)
  })

  it('leave together when they are made in one turn', async () => {
    const server = await new FrameServer(({ body, send }) => send(body)).listen()
    const client = await framedClientOf(server)
    const before = server.reads.length
    await Promise.all(Array.from({ length: 30 }, (_, i) => client.run(`{"n":${i}}`, OPTIONS)))
    // The first goes at once, since nothing keeps the runtime busy; the others with one write.
    expect(server.reads.length - before).toBeLessThanOrEqual(2)
  })

  it('arrive as they were sent, however long they wait for a runtime, and whatever others are sent meanwhile', async () => {
    const slow = await new FrameServer(({ body, send, socket }) => {
      if (body === '"wait"') socket.pause()
      send(body)
    }).listen()
    const quick = await new FrameServer(({ body, send }) => send(body)).listen()
    const [waiting, other] = [await framedClientOf(slow), await framedClientOf(quick)]
    const options = { ...OPTIONS, timeoutMs: 60_000, maxReplyBytes: 1_000_000 }
    await waiting.run('"wait"', options)
    // More than the operating system keeps, alone and with others, small and larger than what is put together at once.
    const bodies = Array.from({ length: 300 }, (_, i) => `"${i}${'ü'.repeat(i % 50 === 49 ? 40_000 : 3_000)}"`)
    const replies: Promise<{ body: string }>[] = []
    for (const body of bodies) {
      replies.push(waiting.run(body, options))
      if (replies.length % 3 === 0) expect((await other.run(`"${'x'.repeat(9_000)}"`, options)).status).toBe(200)
    }
    for (const connection of slow.connections) connection.resume()
    expect((await Promise.all(replies)).map(({ body }) => body)).toEqual(bodies)
  })

  it('that take too long fail at their time, are cancelled, and leave those beside them alone', async () => {
    const server = await new FrameServer(() => undefined).listen()
    const client = await framedClientOf(server)
    const long = client.run('{"long":1}', OPTIONS)
    await expect(client.run('{"late":1}', { ...OPTIONS, timeoutMs: 30 })).rejects.toSatisfy(code('ERR_TIMEOUT'))
    await expect.poll(() => server.received.map(({ type }) => type)).toContain(FrameType.cancel)
    const [first, second] = server.received
    expect(server.received.at(-1)!.call).toBe(second!.call)
    second!.send('{"too":"late"}')
    first!.send('{"ok":1}')
    expect((await long).body).toBe('{"ok":1}')
    expect(client.pending).toBe(0)
  })

  it('are lost when the connection breaks, and the next one opens another', async () => {
    const server = await new FrameServer(({ body, send, socket }) => {
      if (body === '"break"') socket.destroy()
      else send(body)
    }).listen()
    const client = await framedClientOf(server)
    await expect(client.run('"break"', OPTIONS)).rejects.toSatisfy(code('ERR_CONNECTION_LOST'))
    expect((await client.run('{"again":1}', OPTIONS)).body).toBe('{"again":1}')
    expect(server.connections).toHaveLength(2)
  })

  it('are not reached when nobody listens any more, nor after close', async () => {
    const server = await new FrameServer(({ body, send }) => send(body)).listen()
    const client = await framedClientOf(server)
    server.stopListening()
    await client.disconnect()
    await expect(client.run('{"a":1}', OPTIONS)).rejects.toSatisfy(code('ERR_NOT_REACHED'))
    await client.close()
    await expect(client.run('{"a":1}', OPTIONS)).rejects.toSatisfy(code('ERR_NOT_REACHED'))
  })

  it('that the runtime did not begin are as if they had not reached it', async () => {
    const server = await new FrameServer(({ send }) => send('{"error":"not begun"}', { detail: 499 })).listen()
    const client = await framedClientOf(server)
    await expect(client.run('{"a":1}', OPTIONS)).rejects.toSatisfy(code('ERR_NOT_REACHED'))
  })

  it('carry bodies of megabytes in both directions', async () => {
    const server = await new FrameServer(({ body, send }) => send(body)).listen()
    const client = await framedClientOf(server)
    const body = JSON.stringify({ text: 'ü€'.repeat(1_000_000) })
    const bodyBytes = Buffer.byteLength(body)
    const reply = await client.run(body, { ...OPTIONS, timeoutMs: 20_000, maxReplyBytes: 10_000_000 })
    expect(reply.body === body).toBe(true)
    expect(reply).toMatchObject({ bodyBytes, truncated: false })
  })
})

describe('results over the limit', () => {
  it('are cut between characters, counted whole, and never held; the next result is found behind them', async () => {
    const server = await new FrameServer(({ body, send }) =>
      send(body === '"big"' ? '€'.repeat(10_000) : body),
    ).listen()
    const client = await framedClientOf(server)
    const [big, small] = await Promise.all([client.run('"big"', OPTIONS), client.run('{"s":1}', OPTIONS)])
    expect(big).toEqual({ status: 200, body: '€'.repeat(33), bodyBytes: 30_000, truncated: true })
    expect(small.body).toBe('{"s":1}')
  })

  it('may come in chunks, each of which gives credit for the next', async () => {
    const server = await new FrameServer(({ type, body, send }) => {
      if (type !== FrameType.run) return
      const parts = Number(/\d+/.exec(body)![0])
      for (let part = 0; part < parts; part++) {
        send('€'.repeat(100), {
          type: part === 0 ? FrameType.result : FrameType.chunk,
          flags: part === parts - 1 ? 0 : FrameFlag.more,
        })
      }
    }).listen()
    const client = await framedClientOf(server)
    expect(await client.run('{"parts":3}', OPTIONS)).toMatchObject({
      body: '€'.repeat(300),
      bodyBytes: 900,
      truncated: false,
    })
    const credits = (): number[] =>
      server.received
        .filter(({ type }) => type === FrameType.credit)
        .map(({ body }) => Buffer.from(body, 'latin1').readUInt32BE())
    await expect.poll(credits).toEqual([300, 300])
    expect(await client.run('{"parts":50}', OPTIONS)).toMatchObject({
      body: '€'.repeat(33),
      bodyBytes: 15_000,
      truncated: true,
    })
  })
})

describe('log frames', () => {
  const idAnd = (id: string, text: string): Buffer => Buffer.concat([Buffer.of(id.length), Buffer.from(`${id}${text}`)])

  it('give each activation its lines, in order, and its end', async () => {
    const log = new LogDemultiplexer({ kind: 'attributed', token: 'unused-token-0123' }, new SystemClock())
    const server = await new FrameServer(({ send }) => {
      const line = (id: string, text: string, stream = 1, flags = 0): void =>
        send(idAnd(id, text), { type: FrameType.log, detail: stream, flags, call: 0 })
      line('a', 'first of a')
      line('b', 'first of b', 2)
      line('a', 'long ', 1, FrameFlag.more)
      line('b', 'second of b')
      line('a', 'line')
      line('nobody', 'is not asked for')
      for (const id of ['a', 'b']) send(idAnd(id, ''), { type: FrameType.logEnd, detail: 0, call: 0 })
      send('{}')
    }).listen()
    const client = await framedClientOf(server, log)
    const logs = ['a', 'b'].map((id) => log.open(id, { limitBytes: 1_000 }))
    await client.run('{"a":1}', OPTIONS)
    const read = await Promise.all(logs.map(async (one) => one.collect({ waitMs: 0 })))
    expect(read.map(({ complete }) => complete)).toEqual([true, true])
    expect(read.map(({ lines }) => lines.map(({ stream, text }) => `${stream} ${text}`))).toEqual([
      ['stdout first of a', 'stdout long line'],
      ['stderr first of b', 'stdout second of b'],
    ])
  })

  it.each([
    ['without an activation', Buffer.of(200, 65)],
    ['that is empty', Buffer.alloc(0)],
    ['that is too long', Buffer.alloc(131_073)],
  ])('%s are an error', async (_what, payload) => {
    const server = await new FrameServer(({ send }) => send(payload, { type: FrameType.log })).listen()
    const client = await framedClientOf(server)
    await expect(client.run('{"a":1}', OPTIONS)).rejects.toSatisfy(code('ERR_CONNECTION_LOST', 'log frame'))
  })
})

describe('a runtime that breaks the protocol', () => {
  const answers: readonly (readonly [string, string, (frame: Received) => Buffer])[] = [
    ['garbage', 'which this version does not know', () => Buffer.from('HTTP/1.1 200 OK\r\n\r\nhello')],
    ['a result for a call that was not made', 'was not made', () => frameOf('{}', { call: 4_000_000 })],
    [
      'a chunk without a beginning',
      'without a beginning',
      ({ call }) => frameOf('{}', { call, type: FrameType.chunk }),
    ],
    ['a frame of a type that nobody knows', 'type 100', () => frameOf('{}', { type: 100 })],
    ['an end within a frame', 'within a frame', ({ call }) => frameOf('{"half"', { call, length: 4_000_000_000 })],
    ['a fault', 'no more', () => frameOf('no more', { type: FrameType.fault })],
  ]
  it.each(answers)('with %s loses its connection and its calls, which say why', async (_what, why, answer) => {
    const server = await new FrameServer((frame) => void frame.socket.end(answer(frame))).listen()
    const client = await framedClientOf(server)
    await expect(client.run('{"a":1}', OPTIONS)).rejects.toSatisfy(code('ERR_CONNECTION_LOST', why))
    await expect.poll(() => server.connections[0]?.destroyed).toBe(true)
  })

  it('with an announced length of 4 GB costs nothing, and the call its time', async () => {
    const server = await new FrameServer(({ call, socket }) => {
      socket.write(frameOf('x'.repeat(1_000), { call, length: 0xffff_ffff }))
    }).listen()
    const client = await framedClientOf(server)
    const before = process.memoryUsage().arrayBuffers
    await expect(client.run('{"a":1}', { ...OPTIONS, timeoutMs: 50 })).rejects.toSatisfy(code('ERR_TIMEOUT'))
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(50_000_000)
  })

  it('with a second result for a call is found out', async () => {
    const server = await new FrameServer(({ send, body }) => {
      send('{"n":1}')
      if (body === '"twice"') send('{"n":2}')
    }).listen()
    const client = await framedClientOf(server)
    expect((await client.run('"twice"', OPTIONS)).body).toBe('{"n":1}')
    await expect.poll(() => server.connections[0]?.destroyed).toBe(true)
    expect((await client.run('"once"', OPTIONS)).body).toBe('{"n":1}')
  })

  it('may send frames of optional types, which are passed over', async () => {
    const server = await new FrameServer(({ send }) => {
      send('later versions', { type: 200 })
      send('{"ok":1}')
    }).listen()
    expect((await (await framedClientOf(server)).run('{"a":1}', OPTIONS)).body).toBe('{"ok":1}')
  })
})
