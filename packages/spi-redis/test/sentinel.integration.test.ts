import { adapterContext } from '@stemcell/core'
import { RedisQueue, redisStores } from '@stemcell/spi-redis'
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { describeWith } from '../../../test/describe-with.ts'
import { freePort } from '../../../test/free-port.ts'
import { OwnRedis } from './own-redis.ts'
import { publishSurely, textOf } from './queue-probe.ts'

describeWith('redis', 'Redis with a sentinel', () => {
  const servers: OwnRedis[] = []
  let dir: string
  let sentinel: ChildProcess
  let port: number
  let asked: Redis

  beforeEach(async () => {
    const primary = await OwnRedis.start()
    servers.push(primary, await OwnRedis.start('--replicaof', '127.0.0.1', String(primary.port)))
    dir = await mkdtemp(join(tmpdir(), 'stemcell-sentinel-'))
    port = await freePort()
    const settings = [
      `port ${port}`,
      'bind 127.0.0.1',
      `sentinel monitor main 127.0.0.1 ${primary.port} 1`,
      'sentinel down-after-milliseconds main 500',
      'sentinel failover-timeout main 2000',
    ]
    await writeFile(join(dir, 'sentinel.conf'), settings.join('\n'))
    sentinel = spawn('redis-server', [join(dir, 'sentinel.conf'), '--sentinel'], { stdio: 'ignore' })
    asked = new Redis(port, '127.0.0.1')
    asked.on('error', () => undefined)
    await expect
      .poll(async () => ((await asked.call('SENTINEL', 'REPLICAS', 'main')) as unknown[]).length, { timeout: 20_000 })
      .toBe(1)
  }, 40_000)

  afterEach(async () => {
    asked.disconnect()
    const gone = once(sentinel, 'exit')
    sentinel.kill('SIGKILL')
    await gone
    await Promise.all(servers.splice(0).map((server) => server.remove()))
    await rm(dir, { recursive: true, force: true })
  })

  it('is found through it, and again after a fail-over', async () => {
    const options = { sentinels: [{ host: '127.0.0.1', port }], name: 'main', commandTimeoutMs: 20_000 }
    const queue = new RedisQueue(options, adapterContext())
    const entities = redisStores(options).entityStore.build(adapterContext())
    await Promise.all([queue.open(), entities.open()])
    const received = new Set<string>()
    await queue.subscribe('t', { group: 'g', concurrency: 4 }, (delivery) => void received.add(textOf(delivery)))
    await entities.put('ns/t', { namespace: 'ns', name: 't', entityType: 'trigger', parameters: [] })
    await publishSurely(queue, 't', 'before')
    await expect.poll(() => received.has('before')).toBe(true)
    expect(await servers[0]!.ask((redis) => redis.wait(1, 5000))).toBe(1)

    await servers[0]!.kill()
    await publishSurely(queue, 't', 'after')
    await expect.poll(() => received.has('after'), { timeout: 20_000 }).toBe(true)
    await expect.poll(() => entities.get('ns/t').then((stored) => stored?.id, String), { timeout: 20_000 }).toBe('ns/t')
    await Promise.all([queue.close(), entities.close()])
  }, 60_000)
})
