import { describe, expect, it } from 'vitest'
import { isPlatformError, type ErrorCode } from '@stemcell/core'
import { clientOf, RuntimeServer } from './runtime-server.ts'

const OPTIONS = { timeoutMs: 5_000, maxReplyBytes: 1_000, truncateAtBytes: 100 }

function code(expected: ErrorCode): (error: unknown) => boolean {
  return (error) => isPlatformError(error, expected)
}

describe('HttpRuntimeClient', () => {
  it('posts to init and run over one connection and hands back status and body', async () => {
    const server = await new RuntimeServer(({ url, body }, response) => {
      response.writeHead(url === '/init' ? 200 : 502).end(`${url} ${body} ü`)
    }).listen()
    const client = clientOf(server)
    expect(await client.init('{"a":1}', OPTIONS)).toEqual({
      status: 200,
      body: '/init {"a":1} ü',
      bodyBytes: 16,
      truncated: false,
    })
    for (let i = 0; i < 20; i++) expect((await client.run('{}', OPTIONS)).status).toBe(502)
    expect(server.connections).toHaveLength(1)
  })

  it('talks to a port as well', async () => {
    const server = new RuntimeServer((_request, response) => response.end('ok'))
    const port = await server.listenOnPort()
    expect((await clientOf({ host: '127.0.0.1', port }).run('{}', OPTIONS)).body).toBe('ok')
  })

  it('runs as many calls at once as it has connections', async () => {
    const waiting: (() => void)[] = []
    const server = await new RuntimeServer((_request, response) => {
      waiting.push(() => response.end('{}'))
      if (waiting.length === 3) for (const answer of waiting) answer()
    }).listen()
    const client = clientOf(server, { maxConcurrent: 3 })
    await Promise.all([1, 2, 3].map(() => client.run('{}', OPTIONS)))
    expect(server.connections).toHaveLength(3)
  })

  it('says ERR_NOT_REACHED when nobody listens, and after close', async () => {
    const client = clientOf({ socketPath: '/no/such/socket' })
    await expect(client.run('{}', OPTIONS)).rejects.toSatisfy(code('ERR_NOT_REACHED'))
    const server = await new RuntimeServer((_request, response) => response.end('{}')).listen()
    const closed = clientOf(server)
    await closed.close()
    await expect(closed.run('{}', OPTIONS)).rejects.toSatisfy(code('ERR_NOT_REACHED'))
  })

  it('says ERR_CONNECTION_LOST when the connection breaks before or within the reply', async () => {
    const server = await new RuntimeServer(({ url }, response) => {
      if (url === '/run') response.writeHead(200, { 'content-length': 100 }).write('half')
      setImmediate(() => response.destroy())
    }).listen()
    const client = clientOf(server)
    await expect(client.init('{}', OPTIONS)).rejects.toSatisfy(code('ERR_CONNECTION_LOST'))
    await expect(client.run('{}', OPTIONS)).rejects.toSatisfy(code('ERR_CONNECTION_LOST'))
  })

  it('says ERR_TIMEOUT when no reply comes in time and gives the connection up', async () => {
    const server = await new RuntimeServer(() => undefined).listen()
    const client = clientOf(server)
    await expect(client.run('{}', { ...OPTIONS, timeoutMs: 30 })).rejects.toSatisfy(code('ERR_TIMEOUT'))
    await expect.poll(() => server.connections[0]?.destroyed).toBe(true)
  })

  it('never sends what waited for a connection beyond its time', async () => {
    const bodies: string[] = []
    const server = await new RuntimeServer(({ body }, response) => {
      bodies.push(body)
      if (body === '"last"') response.end('{}')
    }).listen()
    const client = clientOf(server)
    const first = expect(client.run('"first"', { ...OPTIONS, timeoutMs: 60 })).rejects.toSatisfy(code('ERR_TIMEOUT'))
    const second = client.run('"second"', { ...OPTIONS, timeoutMs: 30 })
    await expect(second).rejects.toSatisfy(code('ERR_NOT_REACHED'))
    await first
    await client.run('"last"', OPTIONS)
    expect(bodies).toEqual(['"first"', '"last"'])
  })

  it('stops reading a reply of declared length at the cut', async () => {
    const size = 50_000_000
    let sent = 0
    const server = await new RuntimeServer((_request, response) => {
      response.writeHead(200, { 'content-length': size })
      const block = Buffer.alloc(65_536, 'x')
      const send = (): void => {
        while (sent < size && !response.destroyed) {
          sent += block.length
          if (!response.write(block.subarray(0, Math.min(block.length, size - sent + block.length)))) {
            response.once('drain', send)
            return
          }
        }
      }
      send()
    }).listen()
    const reply = await clientOf(server).run('{}', OPTIONS)
    expect(reply).toEqual({ status: 200, body: 'x'.repeat(100), bodyBytes: size, truncated: true })
    await expect.poll(() => server.connections[0]?.destroyed).toBe(true)
    expect(sent).toBeLessThan(size)
  })

  it('counts a chunked reply to its end but keeps only the cut', async () => {
    const server = await new RuntimeServer((_request, response) => {
      for (let i = 0; i < 100; i++) response.write('€'.repeat(100))
      response.end()
    }).listen()
    const reply = await clientOf(server).run('{}', OPTIONS)
    expect(reply).toEqual({ status: 200, body: '€'.repeat(33), bodyBytes: 30_000, truncated: true })
  })

  it('connects again after disconnect, and fails calls that were in progress', async () => {
    const bodies: string[] = []
    const server = await new RuntimeServer(({ body }, response) => {
      bodies.push(body)
      if (body !== '"silent"') response.end('{}')
    }).listen()
    const client = clientOf(server)
    await client.run('{}', OPTIONS)
    const silent = expect(client.run('"silent"', OPTIONS)).rejects.toSatisfy(code('ERR_CONNECTION_LOST'))
    await expect.poll(() => bodies.includes('"silent"')).toBe(true)
    await client.disconnect()
    await silent
    expect((await client.run('{}', OPTIONS)).status).toBe(200)
    expect(server.connections).toHaveLength(2)
  })

  it('waits for a runtime that starts late and primes it where it is told to', async () => {
    const urls: string[] = []
    const server = new RuntimeServer(({ url }, response) => {
      urls.push(url)
      response.writeHead(403).end('{}')
    })
    const ready = clientOf(server, { primePath: '/run' }).waitReady(5_000)
    await new Promise((resolve) => setImmediate(resolve))
    await server.listen()
    await ready
    expect(urls).toEqual(['/run'])
    await clientOf(server).waitReady(5_000)
    expect(urls).toEqual(['/run', '/'])
  })

  it('asks again when a connection is accepted and dropped, as a published port does', async () => {
    let asked = 0
    const server = await new RuntimeServer((_request, response) => {
      if (++asked < 3) response.destroy()
      else response.end()
    }).listen()
    await clientOf(server).waitReady(5_000)
    expect(asked).toBe(3)
  })

  it('gives up waiting at its time or when aborted', async () => {
    const client = clientOf({ socketPath: '/no/such/socket' })
    await expect(client.waitReady(20)).rejects.toSatisfy(code('ERR_TIMEOUT'))
    await client.waitReady(60_000, AbortSignal.timeout(20))
  })
})
