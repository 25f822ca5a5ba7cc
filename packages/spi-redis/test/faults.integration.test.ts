import {
  adapterContext,
  isPlatformError,
  type Activation,
  type EntityStore,
  type ErrorCode,
  type PlatformError,
} from '@stemcell/core'
import { RedisQueue, RedisRateLimiter, redisStores, type RedisConnectionOptions } from '@stemcell/spi-redis'
import { inspect } from 'node:util'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { describeWith } from '../../../test/describe-with.ts'
import { freePort } from '../../../test/free-port.ts'
import { OwnRedis } from './own-redis.ts'
import { textBody, textOf } from './queue-probe.ts'

const PASSWORD = 'correct-horse-battery'
const PATIENCE = { timeout: 10_000 }
const context = adapterContext()
const document = { namespace: 'ns', name: 't', entityType: 'trigger', parameters: [] }

describeWith('redis', 'what goes wrong with Redis', () => {
  const servers: OwnRedis[] = []
  const closing: { close(): Promise<void> }[] = []
  let server: OwnRedis
  const another = async (...options: string[]): Promise<OwnRedis> => {
    const started = await OwnRedis.start(...options)
    servers.push(started)
    return started
  }
  const store = (options: Partial<RedisConnectionOptions> = {}): EntityStore => {
    const made = redisStores({ url: server.url, connectTimeoutMs: 3000, commandTimeoutMs: 1000, ...options })
    const built = made.entityStore.build(context)
    closing.push(built)
    return built
  }
  const openStore = async (options: Partial<RedisConnectionOptions> = {}): Promise<EntityStore> => {
    const opened = store(options)
    await opened.open()
    return opened
  }

  beforeEach(async () => {
    server = await another()
  })

  afterEach(async () => {
    for (const one of servers) one.freeze(false)
    await Promise.all(closing.splice(0).map((part) => part.close()))
    await Promise.all(servers.splice(0).map((one) => one.remove()))
  })

  it('a server that is not there is ERR_UNAVAILABLE once the time to connect is over', async () => {
    const port = await freePort()
    const started = performance.now()
    const error = await failure('ERR_UNAVAILABLE', () =>
      store({ url: `redis://127.0.0.1:${port}`, connectTimeoutMs: 300 }).open(),
    )
    expect(error.message).toContain(`127.0.0.1:${port}`)
    expect(performance.now() - started).toBeLessThan(2000)
  })

  it('a server that comes up within the time to connect is waited for', async () => {
    await server.kill()
    const late = store({ connectTimeoutMs: 10_000 })
    const opening = late.open()
    await server.start()
    await opening
    expect(await late.get('ns/x')).toBeUndefined()
  })

  it('a server that dies is ERR_UNAVAILABLE within the time of a command, and used again when it is back', async () => {
    const entities = await openStore()
    const queue = new RedisQueue({ url: server.url, commandTimeoutMs: 1000 }, context)
    const limiter = new RedisRateLimiter({ url: server.url, commandTimeoutMs: 1000 }, context)
    closing.push(queue, limiter)
    await Promise.all([queue.open(), limiter.open()])
    await server.kill()
    const started = performance.now()
    await failure('ERR_UNAVAILABLE', () => entities.get('ns/x'))
    await failure('ERR_UNAVAILABLE', () => queue.publish('t', textBody('m')))
    expect(performance.now() - started).toBeLessThan(4000)
    const asked = performance.now()
    await failure('ERR_UNAVAILABLE', async () => limiter.enter({ namespaceId: 'ns', perMinute: 10, concurrent: 1 }))
    expect(performance.now() - asked, 'a request waited for its limits').toBeLessThan(500)
    await server.start()
    await expect.poll(() => entities.get('ns/x').then(() => 'answered', String), { timeout: 5000 }).toBe('answered')
    await queue.publish('t', textBody('m'))
    expect((await limiter.enter({ namespaceId: 'ns', perMinute: 10, concurrent: 1 })).allowed).toBe(true)
  })

  it('a server that falls silent is ERR_UNAVAILABLE, and used again when it goes on', async () => {
    const entities = await openStore()
    server.freeze(true)
    await failure('ERR_UNAVAILABLE', () => entities.get('ns/x'))
    server.freeze(false)
    await expect.poll(() => entities.get('ns/x').then(() => 'answered', String), { timeout: 10_000 }).toBe('answered')
  })

  it('a server that falls silent keeps nobody waiting for longer than two commands may take, whatever is asked', async () => {
    const options = { url: server.url, connectTimeoutMs: 3000, commandTimeoutMs: 1000 }
    const records = redisStores(options).activationStore.build(context)
    const queue = new RedisQueue(options, context)
    closing.push(records, queue)
    await Promise.all([records.open(), queue.open()])
    const record = (index: number): Activation => ({
      namespace: 'ns',
      name: 'a',
      version: '0.0.1',
      subject: 'someone',
      activationId: index.toString(16).padStart(32, '0'),
      start: 1000 + index,
      publish: false,
      response: { statusCode: 0 },
      logs: [],
      annotations: [],
    })
    const all = (from: number): Promise<PromiseSettledResult<unknown>[]> =>
      Promise.allSettled([
        ...Array.from({ length: 20 }, async (_, index) => records.put(record(from + index))),
        (async () => records.putProvisional('controller0', record(from + 50)))(),
        (async () => records.discardProvisional('controller0', 'ns', record(from + 50).activationId))(),
        records.get('ns', record(1).activationId),
        records.list({ namespace: 'ns', skip: 0, limit: 10, full: true }),
        records.count({ namespace: 'ns' }),
        records.owners(),
        queue.publish('t', textBody('m')),
      ])
    server.freeze(true)
    // First on connections that seem to be alive, then on none.
    for (const round of [100, 200]) {
      const started = performance.now()
      const outcomes = await all(round)
      expect(performance.now() - started).toBeLessThan(2000 + 1500)
      const codes = outcomes.map(
        (outcome) => outcome.status === 'rejected' && (outcome.reason as { code?: string }).code,
      )
      expect(new Set(codes)).toEqual(new Set(['ERR_UNAVAILABLE']))
    }
    server.freeze(false)
    await expect
      .poll(async () => Promise.resolve(records.put(record(1))).catch(String), { timeout: 10_000 })
      .toMatch(/stored|exists/)
    await expect.poll(async () => (await all(300)).every(({ status }) => status === 'fulfilled'), PATIENCE).toBe(true)
  })

  it('a server that forgot the scripts is sent them again', async () => {
    const entities = await openStore()
    const { revision } = await entities.put('ns/t', document)
    await server.ask((redis) => redis.script('FLUSH'))
    await entities.put('ns/t', { ...document, updated: 1 }, { revision })
    await server.ask((redis) => redis.script('FLUSH'))
    expect(await entities.list({ index: 'triggers', partition: 'ns' })).toHaveLength(1)
  })

  it('a wrong password and a missing one are ERR_CONFIG at once, and no error shows one', async () => {
    const guarded = await another('--requirepass', PASSWORD)
    for (const password of ['wrong-password', undefined]) {
      const options = { url: guarded.url, ...(password === undefined ? {} : { password }) }
      const started = performance.now()
      const error = await failure('ERR_CONFIG', () => store({ ...options, connectTimeoutMs: 10_000 }).open())
      expect(performance.now() - started).toBeLessThan(5000)
      expect(error.message).toMatch(/password/)
      expect(inspect(error, { depth: 10 })).not.toContain('wrong-password')
    }
    const inUrl = await openStore({ url: guarded.url.replace('//', `//:${PASSWORD}@`) })
    expect(await inUrl.get('ns/x')).toBeUndefined()
    await guarded.kill()
    const error = await failure('ERR_UNAVAILABLE', () => inUrl.get('ns/x'))
    expect(inspect(error, { depth: 10 })).not.toContain(PASSWORD)
  })

  it('a replica is ERR_UNAVAILABLE and named as such', async () => {
    const replica = await another('--replicaof', '127.0.0.1', String(server.port))
    const error = await failure('ERR_UNAVAILABLE', () => store({ url: replica.url, connectTimeoutMs: 500 }).open())
    expect(error.message).toContain('replica')
  })

  it('a primary that becomes a replica refuses writes, and takes them when it is primary again', async () => {
    const entities = await openStore()
    const other = await another()
    await server.ask((redis) => redis.replicaof('127.0.0.1', other.port))
    const error = await failure('ERR_UNAVAILABLE', () => entities.put('ns/t', document))
    expect(error.message).toContain('replica')
    await server.ask((redis) => redis.replicaof('NO', 'ONE'))
    await expect
      .poll(() => entities.put('ns/late', document).then(() => 'stored', String), { timeout: 10_000 })
      .toBe('stored')
  })

  it('a server without memory is ERR_UNAVAILABLE and says what to do; reading and acknowledging go on', async () => {
    const entities = await openStore()
    const queue = new RedisQueue({ url: server.url }, context)
    closing.push(queue)
    await queue.open()
    await entities.put('ns/t', document)
    const gate: { open?: () => void } = {}
    const passed = new Promise<void>((resolve) => (gate.open = resolve))
    let started = false
    await queue.subscribe('t', { group: 'g', concurrency: 1 }, () => {
      started = true
      return passed
    })
    await queue.publish('t', textBody('m'))
    await expect.poll(() => started).toBe(true)
    await server.ask((redis) => redis.config('SET', 'maxmemory', '1'))
    for (const write of [() => entities.put('ns/u', document), () => queue.publish('t', textBody('m'))]) {
      expect((await failure('ERR_UNAVAILABLE', write)).message).toContain('maxmemory')
    }
    expect((await entities.get('ns/t'))?.document).toEqual(document)
    gate.open?.()
    await expect.poll(() => server.ask((redis) => redis.xlen('{stemcell}:queue:stream:t'))).toBe(0)
  })

  it('a server that is busy with a script is ERR_UNAVAILABLE and says so, and nothing is lost', async () => {
    const queue = new RedisQueue({ url: server.url }, context)
    closing.push(queue)
    await queue.open()
    const received: string[] = []
    await queue.subscribe('t', { group: 'g', concurrency: 4 }, (delivery) => void received.push(textOf(delivery)))
    await server.ask((redis) => redis.config('SET', 'lua-time-limit', '10'))
    const script = "while redis.call('EXISTS', 'started') == 1 do end"
    await server.ask((redis) => redis.set('started', 1))
    const busy = server.ask((redis) => redis.eval(script, 0).catch(String))
    const accepted: string[] = []
    const publish = async (): Promise<string> => {
      const content = String(accepted.length)
      await queue.publish('t', textBody(content))
      accepted.push(content)
      return 'accepted'
    }
    await expect.poll(() => publish().catch(String), PATIENCE).toMatch(/busy with a script/)
    await server.ask((redis) => redis.script('KILL'))
    expect(await busy).toMatch(/killed/)
    await expect.poll(() => publish().catch(String), PATIENCE).toBe('accepted')
    await expect.poll(() => received, PATIENCE).toEqual(accepted)
  })

  it('a connection that is gone is told in words of the platform', async () => {
    const limiter = new RedisRateLimiter({ url: server.url }, context)
    closing.push(limiter)
    await limiter.open()
    await server.kill()
    const enter = async (): Promise<unknown> => limiter.enter({ namespaceId: 'ns', perMinute: 10, concurrent: 1 })
    for (let request = 0; request < 50; request++) {
      const error = await failure('ERR_UNAVAILABLE', enter)
      expect(error.message).toContain(server.url.slice('redis://'.length))
      expect(error.message).not.toMatch(/enableOfflineQueue|MaxRetries/)
      await new Promise((resolve) => setImmediate(resolve))
    }
  })

  it('a server that is loading its data is waited for', async () => {
    const entities = await openStore()
    await Promise.all(Array.from({ length: 300 }, (_, index) => entities.put(`ns/t${index}`, document)))
    await server.ask((redis) => redis.bgrewriteaof())
    await expect
      .poll(() => server.ask(async (redis) => String(await redis.info('persistence'))))
      .toMatch(/aof_rewrite_in_progress:0[^]*aof_last_bgrewrite_status:ok/)
    await server.kill()
    // Microseconds for each key.
    await server.start('--key-load-delay', '3000')
    const late = await openStore({ connectTimeoutMs: 10_000, connectionName: 'late' })
    expect((await late.get('ns/t299'))?.document).toEqual(document)
  })

  it('a key of another program is ERR_CORRUPT', async () => {
    const entities = await openStore()
    const name = '{stemcell}:documents:value:edns/'
    await server.ask((redis) => redis.set(`${name}x`, 'theirs'))
    await failure('ERR_CORRUPT', () => entities.get('ns/x'))
    await server.ask((redis) => redis.hset(`${name}y`, 'r', '1', 'd', '{broken'))
    await failure('ERR_CORRUPT', () => entities.get('ns/y'))
  })

  it('documents in the form of an earlier version are ERR_CONFIG with what to do, and are left as they are', async () => {
    const old = '{stemcell}:subjects:ids'
    await server.ask((redis) => redis.zadd(old, 0, 'guest'))
    const error = await failure('ERR_CONFIG', () => store().open())
    expect(error.message).toMatch(/keyPrefix.*earlier version.*export.*import/)
    expect(await server.ask((redis) => redis.zrange(old, 0, -1))).toEqual(['guest'])
    const elsewhere = await openStore({ keyPrefix: 'another' })
    expect(await elsewhere.get('ns/t')).toBeUndefined()
    await server.ask((redis) => redis.del(old))
    const later = await openStore()
    expect(await later.get('ns/t')).toBeUndefined()
  })

  it('a user that may touch the keys of one prefix only is enough, with the rights that the README names', async () => {
    const rights = ['~{mine}:*', '+@read', '+@write', '+@connection', '+@scripting', '+xinfo', '+memory|usage', '+time']
    await server.ask((redis) => redis.acl('SETUSER', 'stemcell', 'reset', 'on', `>${PASSWORD}`, ...rights))
    const options = { url: server.url, username: 'stemcell', password: PASSWORD, keyPrefix: 'mine' }
    const entities = await openStore(options)
    const { revision } = await entities.put('ns/t', document)
    expect(await entities.list({ index: 'triggers', partition: 'ns' })).toHaveLength(1)
    await entities.delete('ns/t', revision)
    const queue = new RedisQueue({ ...options, leaseMs: 200 }, context)
    const limiter = new RedisRateLimiter(options, context)
    closing.push(queue, limiter)
    await Promise.all([queue.open(), limiter.open()])
    const attempts: number[] = []
    const subscription = await queue.subscribe('t', { group: 'g', concurrency: 1, redeliverAfterMs: 1 }, (delivery) => {
      attempts.push(delivery.attempt)
      if (delivery.attempt === 1) throw new Error(`fails on purpose: ${textOf(delivery)}`)
    })
    await queue.publish('t', textBody('m'))
    await expect.poll(() => attempts).toEqual([1, 2])
    await subscription.close()
    expect((await limiter.countFire({ namespaceId: 'ns', perMinute: 1 })).allowed).toBe(true)
    const denied = await failure('ERR_CONFIG', () => store({ ...options, keyPrefix: 'theirs' }).open())
    expect(denied.message).toContain('README')
  })
})

async function failure(code: ErrorCode, action: () => Promise<unknown>): Promise<PlatformError> {
  const outcome = await action().then(
    () => undefined,
    (error: unknown) => error,
  )
  if (!isPlatformError(outcome, code)) throw new Error(`expected ${code}, got ${inspect(outcome)}`)
  return outcome
}
