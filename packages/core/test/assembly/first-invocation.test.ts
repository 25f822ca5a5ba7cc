import { expect, it } from 'vitest'
import {
  assemble,
  assembleController,
  memoryContainers,
  MemoryQueue,
  VirtualClock,
  type MaybePromise,
  type MessageBody,
} from '../../src/index.ts'

/** Hands on what is published only after some time, as a backend elsewhere does; pings of invokers perhaps never. */
class SlowQueue extends MemoryQueue {
  pings: 'late' | 'lost' = 'late'
  override publish(topic: string, body: MessageBody): MaybePromise<void> {
    if (topic !== 'health') return super.publish(topic, body)
    // Once the platform has closed, nobody listens any more.
    if (this.pings === 'late')
      setTimeout(() => void Promise.resolve(super.publish(topic, body)).catch(() => undefined), 300)
    return Promise.resolve()
  }
}

it('is answered by a platform whose queue takes its time', async () => {
  await using platform = await assemble({ containers: memoryContainers(), queue: new SlowQueue() })
  await platform.subjects.createUser('guest')
  const guest = await platform.client('guest')
  await guest.putAction('hi', { exec: { kind: 'nodejs:20', code: 'function main() { return {} }' } })
  expect((await guest.request('POST', 'actions/hi?blocking=true', {})).status).toBe(200)
})

it('is not waited for without end: a platform that never hears of its invoker says so, and closes what it opened', async () => {
  const clock = new VirtualClock()
  const queue = new SlowQueue()
  queue.pings = 'lost'
  const assembling = assemble({ containers: memoryContainers(), queue, clock }).then(
    () => 'it was assembled',
    (error: unknown) => error,
  )
  await expect
    .poll(async () => {
      await clock.advance(5_000)
      return Promise.race([assembling, Promise.resolve()])
    })
    .toMatchObject({
      code: 'ERR_UNAVAILABLE',
      message: expect.stringContaining('queue: the controller did not hear of the invoker'),
    })
  await expect(queue.publish('any', { bytes: () => Buffer.from('') } as MessageBody)).rejects.toMatchObject({
    code: 'ERR_CLOSED',
  })
})

it('is not waited for by a controller alone, whose invokers come and go', async () => {
  await using node = await assembleController({ queue: new MemoryQueue() })
  expect(node.controller.clusterSize).toBe(1)
})
