import { once } from 'node:events'
import { connect, type AddressInfo, type Socket } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { textAnswer, writeAnswer } from '../../../src/controller/http/answer.ts'
import type { ApiServer } from '../../../src/controller/http/direct/api-server.ts'
import { DirectResponse } from '../../../src/controller/http/direct/direct-response.ts'
import { createHttpServer } from '../../../src/controller/http/http-server.ts'
import { SystemRandom } from '../../../src/time/system-random.ts'
import { VirtualClock } from '../../../src/time/virtual-clock.ts'
import { eventually } from '../../../../../test/eventually.ts'

/** More than the operating system keeps for a connection. */
const ANSWER = 'x'.repeat(32 * 1024 * 1024)
const LOOK_MS = 15_000
const STILL_MS = 60_000

let server: ApiServer
let client: Socket

afterEach(async () => {
  client.destroy()
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
})

/** Asks for a large answer and reads nothing of it. */
async function stalled(clock: VirtualClock, byNode: boolean): Promise<Socket> {
  const answer = textAnswer(200, ANSWER)
  server = createHttpServer(
    (_request, response) => {
      if (response instanceof DirectResponse) response.send(answer, 'id', [])
      else writeAnswer(response, answer, 'id', [])
    },
    clock,
    new SystemRandom(),
    undefined,
    () => byNode,
  )
  const connected = once(server, 'connection') as Promise<[Socket]>
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  client = connect((server.address() as AddressInfo).port, '127.0.0.1').pause()
  client.on('error', () => undefined)
  client.write('GET /a HTTP/1.1\r\nhost: x\r\n\r\n')
  const [socket] = await connected
  await eventually('an answer that waits', () => socket.writableLength > 0)
  return socket
}

describe.each([
  ['the reader of its own', false],
  ['node:http', true],
])('a client that does not read its answer, with %s', (_name, byNode) => {
  it('loses its connection when a minute has passed, and the time that the rest may take', async () => {
    const clock = new VirtualClock(0)
    const socket = await stalled(clock, byNode)
    const mostMs = STILL_MS + socket.writableLength / 16
    await clock.advance(LOOK_MS)
    await clock.advance(mostMs - LOOK_MS)
    expect(socket.destroyed).toBe(false)
    await clock.advance(2 * LOOK_MS)
    expect(socket.destroyed).toBe(true)
  })

  it('loses it also when more and more is written', async () => {
    const clock = new VirtualClock(0)
    const socket = await stalled(clock, byNode)
    const mostMs = STILL_MS + socket.writableLength / 16
    await clock.advance(LOOK_MS)
    for (let ms = 0; ms < mostMs + LOOK_MS && !socket.destroyed; ms += LOOK_MS) {
      socket.write('an event')
      await clock.advance(LOOK_MS)
    }
    expect(socket.destroyed).toBe(true)
  })

  it('keeps it when it goes on reading', async () => {
    const clock = new VirtualClock(0)
    const socket = await stalled(clock, byNode)
    await clock.advance(LOOK_MS)
    await clock.advance(STILL_MS)
    client.resume()
    await eventually('the rest of the answer', () => client.bytesRead > ANSWER.length)
    await eventually('nothing that waits', () => socket.writableLength === 0)
    client.pause()
    client.write('GET /a HTTP/1.1\r\nhost: x\r\n\r\n')
    await eventually('the next answer', () => socket.writableLength > 0)
    await clock.advance(STILL_MS + ANSWER.length / 16 - LOOK_MS)
    expect(socket.destroyed).toBe(false)
  })
})
