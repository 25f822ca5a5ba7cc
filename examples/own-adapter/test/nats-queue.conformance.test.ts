import { adapterContext, assemble, bytesBody, memoryContainers } from '@stemcell/core'
import { runQueueConformance } from '@stemcell/conformance/vitest'
import { natsQueue } from '@stemcell/example-own-adapter'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { eventually } from '../../../test/eventually.ts'
import { natsLack, OwnNats } from './nats-server.ts'

const lack = natsLack()
const title = 'the queue on NATS JetStream'

describe.skipIf(lack)(lack ? `${title} (${lack})` : title, () => {
  const nats = new OwnNats()
  beforeAll(() => nats.start())
  afterAll(() => nats.remove())

  const MAX = 4 * 1024 ** 2
  const make = (more: object = {}) => {
    const settings = { servers: [nats.server], maxBodyBytes: MAX, ...more }
    return natsQueue(settings).build(adapterContext())
  }

  runQueueConformance('nats', {
    create: () => make(),
    capabilities: { ordering: 'none', durable: true, byReference: false, maxBodyBytes: MAX },
  })

  it('carries a platform', async () => {
    await using platform = await assemble({
      containers: memoryContainers(),
      queue: natsQueue({ servers: [nats.server], maxBodyBytes: MAX, prefix: 'platform' }),
    })
    await platform.subjects.createUser('guest')
    const guest = await platform.client('guest')
    await guest.putAction('hi', {
      exec: { kind: 'nodejs:default', code: 'function main({ name }) { return { hi: name } }' },
    })
    expect(await guest.invoke('hi', { name: 'you' })).toMatchObject({ response: { result: { hi: 'you' } } })
  })

  it('tells a handler whose lease may be over, and gives its message to another when the server is back', async () => {
    const [first, second] = [make({ leaseMs: 600 }), make({ leaseMs: 600 })]
    await Promise.all([first.open(), second.open()])
    const options = { group: 'g', concurrency: 1, redeliverAfterMs: 1 }
    let signal: AbortSignal | undefined
    const cutOff = await first.subscribe('lost', options, (delivery) => {
      signal = delivery.signal
      return new Promise((_, reject) => delivery.signal.addEventListener('abort', () => reject(new Error('told to'))))
    })
    await first.publish('lost', bytesBody(Buffer.from('m')))
    await eventually('the first delivery', () => signal !== undefined)
    await nats.kill()
    await eventually('the end of the lease', () => signal!.aborted)
    await nats.start()
    const closing = cutOff.close()
    const received: string[] = []
    await eventually('the server to be found again', () =>
      second
        .subscribe('lost', options, ({ body, attempt }) => {
          received.push(`${Buffer.from(body.bytes()).toString()} ${attempt}`)
        })
        .then(
          () => true,
          () => false,
        ),
    )
    await closing
    await eventually('the message that was held', () => received.length > 0)
    expect(received[0]).toMatch(/^m [2-9]$/)
    await Promise.all([first.close(), second.close()])
  })

  it('says what is wrong when nobody answers, and when the server takes less than it promises', async () => {
    const absent = natsQueue({ servers: ['127.0.0.1:1'] }).build(adapterContext())
    await expect(absent.open()).rejects.toMatchObject({
      code: 'ERR_UNAVAILABLE',
      message: expect.stringContaining('is nats-server running?'),
    })
    await expect(make({ maxBodyBytes: 64 * 1024 ** 2 }).open()).rejects.toMatchObject({
      code: 'ERR_CONFIG',
      message: expect.stringContaining('maxBodyBytes'),
    })
  })
})
