import { createServer } from 'node:net'
import { readFileSync } from 'node:fs'
import { adapterContext } from '@stemcell/core'
import { kafkaQueue, kafkaQueueOptions } from '@stemcell/spi-kafka'
import adapterModule from '@stemcell/spi-kafka/adapter'
import { describe, expect, it, onTestFinished } from 'vitest'

const brokers = ['127.0.0.1:9092']

describe('the options of the queue', () => {
  it.each([
    ['brokers', {}],
    ['brokers', { brokers: [] }],
    ['brokers.0', { brokers: ['localhost'] }],
    ['acks', { brokers, acks: 0 }],
    ['sasl', { brokers, sasl: { mechanism: 'plain', username: 'me', password: '' } }],
    ['sasl', { brokers, sasl: { mechanism: 'gssapi' } }],
    ['ssl', { brokers, ssl: { certificate: 'x' } }],
    ['topicPrefix', { brokers, topicPrefix: 'a/b' }],
    ['sessionTimeoutMs', { brokers, sessionTimeoutMs: 10 }],
    ['options: Unrecognized key: "broker"', { brokers, broker: 'x' }],
  ])('are refused before any connection, naming %s', (option, options) => {
    const create = (): unknown => adapterModule.provides['queue']!.create(options)
    expect(create).toThrow(expect.objectContaining({ code: 'ERR_CONFIG' }))
    expect(create).toThrow(`@stemcell/spi-kafka: ${option}`)
  })

  it('are never quoted in what is wrong with them', () => {
    const password = 'correct-horse-battery'
    const options = { brokers, sasl: { mechanism: 'plain', username: 'me', password, realm: 'x' } }
    expect(() => adapterModule.provides['queue']!.create(options)).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining(password) }),
    )
  })

  it('are those of the README', () => {
    const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
    const rows = readme.slice(readme.indexOf('| Option ')).split('\n\n')[0]!.split('\n').slice(2)
    const documented = rows.map((row) => /^\| `([^`]+)`/.exec(row)?.[1])
    expect(documented).toEqual(Object.keys(kafkaQueueOptions.shape))
  })
})

describe('a queue without brokers', () => {
  it('says whom it tried, and what to do', async () => {
    const server = createServer().listen(0, '127.0.0.1')
    const port = await new Promise<number>((resolve) =>
      server.once('listening', () => {
        const address = server.address()
        server.close(() => resolve(typeof address === 'object' && address ? address.port : 0))
      }),
    )
    const queue = kafkaQueue({ brokers: [`127.0.0.1:${port}`], connectTimeoutMs: 500 }).build(adapterContext())
    await expect(queue.open()).rejects.toMatchObject({
      code: 'ERR_UNAVAILABLE',
      message: expect.stringMatching(
        new RegExp(`127.0.0.1:${port}.*start a broker there, or correct option 'brokers'`),
      ),
    })
    await queue.close()
  })

  it('gives up on one that does not answer', async () => {
    const mute = createServer((socket) => socket.resume())
    onTestFinished(() => void mute.close())
    const port = await new Promise<number>((resolve) =>
      mute.listen(0, '127.0.0.1', () => {
        const address = mute.address()
        resolve(typeof address === 'object' && address ? address.port : 0)
      }),
    )
    const queue = kafkaQueue({ brokers: [`127.0.0.1:${port}`], connectTimeoutMs: 700 }).build(adapterContext())
    const started = performance.now()
    await expect(queue.open()).rejects.toMatchObject({ code: 'ERR_UNAVAILABLE' })
    expect(performance.now() - started).toBeLessThan(10_000)
    await queue.close()
  })
})
