import { adapterContext } from '@stemcell/core'
import { RedisQueue, redisStores } from '@stemcell/spi-redis'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { describeWith } from '../../../test/describe-with.ts'
import { freePort } from '../../../test/free-port.ts'
import { OwnRedis } from './own-redis.ts'
import { textBody, textOf } from './queue-probe.ts'

const pem = (name: string): string => fileURLToPath(new URL(`../../../test/tls/${name}.pem`, import.meta.url))
const ca = readFileSync(pem('certificate'), 'utf8')
const DOCUMENT = { namespace: 'ns', name: 't', entityType: 'trigger', parameters: [] }

describeWith('redis', 'a Redis that speaks TLS', () => {
  let server: OwnRedis
  let url: string

  beforeEach(async () => {
    const port = await freePort()
    const files = ['--tls-cert-file', pem('certificate'), '--tls-key-file', pem('key'), '--tls-auth-clients', 'no']
    server = await OwnRedis.start('--tls-port', String(port), ...files)
    url = `rediss://127.0.0.1:${port}`
  })
  afterEach(() => server.remove())

  it('is used by those who know its certificate', async () => {
    const entities = redisStores({ url, tls: { ca } }).entityStore.build(adapterContext())
    const queue = new RedisQueue({ url, tls: { ca } })
    await Promise.all([entities.open(), queue.open()])
    try {
      await entities.put('ns/t', DOCUMENT)
      expect((await entities.get('ns/t'))?.document).toEqual(DOCUMENT)
      const received: string[] = []
      await queue.subscribe('t', { group: 'g', concurrency: 1 }, (delivery) => void received.push(textOf(delivery)))
      await queue.publish('t', textBody('m'))
      await expect.poll(() => received).toEqual(['m'])
    } finally {
      await Promise.all([entities.close(), queue.close()])
    }
  })

  it('is not trusted by those who do not, and they say why', async () => {
    const entities = redisStores({ url, connectTimeoutMs: 1_000 }).entityStore.build(adapterContext())
    await expect(entities.open()).rejects.toMatchObject({
      code: 'ERR_UNAVAILABLE',
      message: expect.stringContaining('certificate'),
    })
  })
})
