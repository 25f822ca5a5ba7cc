import { IncomingMessage, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import { describe, expect, it } from 'vitest'
import { BodyReceiver } from '../../../src/controller/http/body-receiver.ts'
import { HttpError } from '../../../src/controller/http/http-error.ts'
import { ClientGone, routeLimit } from '../../../src/controller/http/read-body.ts'
import { VirtualClock } from '../../../src/time/virtual-clock.ts'

const KB = 1024

/** A request whose body is pushed by the test. */
function request(announced?: number): IncomingMessage {
  const made = new IncomingMessage(new Socket())
  made.headers = announced === undefined ? { 'transfer-encoding': 'chunked' } : { 'content-length': String(announced) }
  return made
}

function receive(receiver: BodyReceiver, from: IncomingMessage, allowed: number, until?: ServerResponse) {
  const outcome: { body?: Buffer; error?: unknown } = {}
  const done = Promise.resolve(receiver.receive(from, routeLimit(allowed), until)).then(
    (body) => void (outcome.body = body),
    (error: unknown) => void (outcome.error = error),
  )
  return { outcome, done }
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

async function push(to: IncomingMessage, bytes: number): Promise<void> {
  to.push(Buffer.alloc(bytes, 'x'))
  await turn()
}

const statusOf = (error: unknown): number | undefined => (error instanceof HttpError ? error.status : undefined)

describe('the receiver of bodies', () => {
  it('puts a body together, however it was cut', async () => {
    const receiver = new BodyReceiver(new VirtualClock(), 1000 * KB)
    for (const announced of [undefined, 26]) {
      const from = request(announced)
      const { outcome, done } = receive(receiver, from, 1000)
      for (const letter of 'abcdefghijklmnopqrstuvwxyz') from.push(letter)
      from.push(null)
      await done
      expect(outcome.body?.toString()).toBe('abcdefghijklmnopqrstuvwxyz')
    }
    expect(receiver).toMatchObject({ heldBytes: 0, size: 0 })
  })

  it('holds what came, not what was announced, and lets it go when the body is complete', async () => {
    const receiver = new BodyReceiver(new VirtualClock(), 1000 * KB)
    const from = request(900 * KB)
    const { outcome, done } = receive(receiver, from, 900 * KB)
    expect(receiver.heldBytes).toBe(0)
    await push(from, 10 * KB)
    expect(receiver.heldBytes).toBe(0)
    await push(from, 90 * KB)
    expect(receiver.heldBytes).toBeGreaterThanOrEqual(100 * KB)
    expect(receiver.heldBytes).toBeLessThanOrEqual(200 * KB)
    await push(from, 800 * KB)
    from.push(null)
    await done
    expect(outcome.body?.length).toBe(900 * KB)
    expect(receiver.heldBytes).toBe(0)
  })

  it('holds a body of a write until its response is over', async () => {
    const receiver = new BodyReceiver(new VirtualClock(), 1000 * KB)
    const from = request(100 * KB)
    const response = new ServerResponse(from)
    const { done } = receive(receiver, from, 900 * KB, response)
    await push(from, 100 * KB)
    from.push(null)
    await done
    expect(receiver.heldBytes).toBe(100 * KB)
    response.emit('close')
    expect(receiver.heldBytes).toBe(0)
  })

  it('keeps nothing of a body that is too long, and names its length when the end is near', async () => {
    const receiver = new BodyReceiver(new VirtualClock(), 1000 * KB)
    const from = request()
    const { outcome, done } = receive(receiver, from, 100 * KB)
    await push(from, 101 * KB)
    expect(receiver.heldBytes).toBe(0)
    await push(from, 1)
    from.push(null)
    await done
    expect(outcome.error).toMatchObject({
      status: 413,
      message: `Request larger than allowed: ${101 * KB + 1} > ${100 * KB} bytes.`,
    })
  })

  for (const end of ['when much more came', 'when nothing more comes for two seconds']) {
    it(`refuses a body that is too long ${end}, without its end`, async () => {
      const clock = new VirtualClock()
      const receiver = new BodyReceiver(clock, 1000 * KB)
      const from = request()
      const { outcome, done } = receive(receiver, from, KB)
      await push(from, 2 * KB)
      expect(outcome.error).toBeUndefined()
      if (end === 'when much more came') await push(from, 300 * KB)
      else await clock.advance(2000)
      await done
      expect(statusOf(outcome.error)).toBe(413)
    })
  }

  it('refuses at once what is announced as too long', () => {
    const receiver = new BodyReceiver(new VirtualClock(), 1000 * KB)
    expect(() => receiver.receive(request(1001), routeLimit(1000))).toThrow('Request larger than allowed: 1001 > 1000')
  })

  it('refuses what goes beyond the memory for all with 503 and a time to come back', async () => {
    const receiver = new BodyReceiver(new VirtualClock(), 250 * KB)
    const first = request(200 * KB)
    const earlier = receive(receiver, first, 900 * KB)
    await push(first, 150 * KB)
    const second = request(200 * KB)
    const later = receive(receiver, second, 900 * KB)
    await push(second, 150 * KB)
    await later.done
    expect(later.outcome.error).toMatchObject({ status: 503, headers: ['Retry-After', '5'] })
    await push(first, 50 * KB)
    first.push(null)
    await earlier.done
    expect(earlier.outcome.body?.length).toBe(200 * KB)
    expect(receiver).toMatchObject({ heldBytes: 0, size: 0 })
  })

  it('takes small bodies whatever the large ones hold', async () => {
    const receiver = new BodyReceiver(new VirtualClock(), 300 * KB)
    const large = request(300 * KB)
    receive(receiver, large, 900 * KB)
    await push(large, 299 * KB)
    const small = request()
    const { outcome, done } = receive(receiver, small, 900 * KB)
    await push(small, 8 * KB)
    small.push(null)
    await done
    expect(outcome.body?.length).toBe(8 * KB)
  })

  it('gives up the one that has been coming longest when another needs the room', async () => {
    const clock = new VirtualClock()
    const receiver = new BodyReceiver(clock, 300 * KB)
    const slow = request(300 * KB)
    const slowly = receive(receiver, slow, 900 * KB)
    await push(slow, 200 * KB)
    for (let second = 0; second < 6; second++) {
      await clock.advance(1000)
      await push(slow, 1)
    }
    const quick = request(200 * KB)
    const quickly = receive(receiver, quick, 900 * KB)
    await push(quick, 200 * KB)
    quick.push(null)
    await quickly.done
    expect(quickly.outcome.body?.length).toBe(200 * KB)
    await slowly.done
    expect(statusOf(slowly.outcome.error)).toBe(503)
    expect(receiver).toMatchObject({ heldBytes: 0, size: 0 })
  })

  it('gives up a body of which nothing comes for 20 s', async () => {
    const clock = new VirtualClock()
    const receiver = new BodyReceiver(clock, 300 * KB)
    const from = request(1000)
    const { outcome, done } = receive(receiver, from, 1000)
    await push(from, 10)
    await clock.advance(19_000)
    await push(from, 10)
    await clock.advance(19_000)
    expect(outcome.error).toBeUndefined()
    await clock.advance(3000)
    await done
    expect(statusOf(outcome.error)).toBe(408)
    expect(receiver.size).toBe(0)
  })

  it('notices a connection that broke, before it listens as after', async () => {
    const receiver = new BodyReceiver(new VirtualClock(), 300 * KB)
    const from = request(100 * KB)
    const { outcome, done } = receive(receiver, from, 100 * KB)
    await push(from, 50 * KB)
    from.destroy()
    await done
    expect(outcome.error).toBeInstanceOf(ClientGone)
    expect(receiver).toMatchObject({ heldBytes: 0, size: 0 })
    expect(() => receiver.receive(from, routeLimit(100 * KB))).toThrow(ClientGone)
  })
})
