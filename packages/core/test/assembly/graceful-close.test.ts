import { once } from 'node:events'
import { connect } from 'node:net'
import { Pool } from 'undici'
import { expect, it } from 'vitest'
import { assemble, memoryContainers, staticAuth, type Platform } from '../../src/index.ts'

const KEY = `23bc46b1-71f6-4ed5-8c54-816aa4f8c502:${'k'.repeat(64)}`
const limits = { invocationsPerMinute: 1_000_000, concurrentInvocations: 1000 }

/** Status codes and, where there was no answer, error codes that callers see until nobody listens any more. */
async function start(): Promise<Platform> {
  const platform = await assemble({
    auth: staticAuth([{ namespace: 'guest', auth: KEY, limits }]),
    containers: memoryContainers(),
  })
  const client = await platform.client('guest')
  await client.putAction('a', { exec: { kind: 'nodejs:20', code: 'function main(args) { return args }' } })
  return platform
}

async function seenWhileClosing(): Promise<Set<string | number>> {
  const platform = await start()
  const { url } = await platform.listen({ port: 0 })
  const pool = new Pool(url, { connections: 8 })
  const seen = new Set<string | number>()
  let answers = 0
  const caller = async (): Promise<void> => {
    while (!seen.has('ECONNREFUSED')) {
      try {
        const { statusCode, body } = await pool.request({
          method: 'POST',
          path: '/api/v1/namespaces/_/actions/a?blocking=true',
          headers: { authorization: `Basic ${Buffer.from(KEY).toString('base64')}` },
        })
        await body.dump()
        seen.add(statusCode)
        answers++
      } catch (error) {
        seen.add((error as NodeJS.ErrnoException).code ?? String(error))
      }
    }
  }
  const callers = Promise.all(Array.from({ length: 8 }, caller))
  await expect.poll(() => answers, { timeout: 30_000 }).toBeGreaterThan(50)
  await platform.close({ drainMs: 30_000 })
  await callers
  await pool.close()
  return seen
}

it('breaks no connection under a request when it closes in peace', async () => {
  for (let round = 0; round < 5; round++) {
    const seen = await seenWhileClosing()
    for (const outcome of seen) expect([200, 503, 'ECONNREFUSED']).toContain(outcome)
  }
}, 120_000)

it('answers a request that had arrived when the process stood still for longer than connections are let be', async () => {
  const platform = await start()
  const { url } = await platform.listen({ port: 0 })
  const socket = connect(Number(new URL(url).port), '127.0.0.1').setEncoding('latin1')
  const ask = 'GET /ping HTTP/1.1\r\nHost: here\r\n\r\n'
  socket.write(ask)
  expect((await once(socket, 'data'))[0]).toContain('200 OK')
  const answer = once(socket, 'data')
  const closing = platform.close({ drainMs: 10_000 })
  socket.write(ask)
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 600)
  expect((await answer)[0]).toMatch(/^HTTP\/1.1 (200|503) /)
  await closing
})
