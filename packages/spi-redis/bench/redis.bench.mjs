// Latency and rates as ratios to the bare driver, measured in the same run: node bench/redis.bench.mjs
// Runs from the built package against STEMCELL_TEST_REDIS_URL, or what `npm run services -- up redis` started.
import { adapterContext, bytesBody } from '@stemcell/core'
import { redisQueue, redisRateLimiter, redisStores } from '@stemcell/spi-redis'
import { Redis } from 'ioredis'
import { fork } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { performance } from 'node:perf_hooks'
import { bareRedisRoundTrip, removeKeys } from './bare-redis.mjs'
import { servicesEnvironment } from '../../../scripts/services/environment.mjs'

const url = process.env.STEMCELL_TEST_REDIS_URL ?? servicesEnvironment().STEMCELL_TEST_REDIS_URL
if (!url) throw new Error('no Redis: npm run services -- up redis, or set STEMCELL_TEST_REDIS_URL')
const prefix = `bench-${randomBytes(4).toString('hex')}`
const body = Buffer.from(JSON.stringify({ text: 'x'.repeat(180) }))
const raw = new Redis(url)
const rows = []

const quantile = (times, share) => times.sort((a, b) => a - b)[Math.floor(times.length * share)]

/** Times one after the other, ms; both alternate so that they meet the same machine. */
async function compared(name, count, floor, ours) {
  const samples = [[], []]
  for (let round = 0; round < 6; round++) {
    for (const [index, task] of [floor, ours].entries()) {
      for (let call = 0; call < count; call++) {
        const start = performance.now()
        await task(`${round}-${call}`)
        // The first round warms up.
        if (round > 0) samples[index].push(performance.now() - start)
      }
    }
  }
  const [base, mine] = samples.map((times) => [quantile(times, 0.5), quantile(times, 0.99)])
  const cells = [base, mine].map((pair) => pair.map((ms) => `${Math.round(ms * 1000)}`.padStart(6)).join(' /'))
  rows.push(`${name.padEnd(44)} ${cells[0]}  ${cells[1]} us   p50 ${(mine[0] / base[0]).toFixed(2)}x`)
}

async function echo(kind) {
  const child = fork(new URL('echo.mjs', import.meta.url), [kind, url, `${prefix}-${kind}`])
  await new Promise((resolve) => child.once('message', resolve))
  return child
}

const child = await echo('ours')
const bare = await bareRedisRoundTrip(url, `${prefix}-raw`)
const queue = redisQueue({ url, keyPrefix: `${prefix}-ours` }).build(adapterContext())
await queue.open()
let arrived = () => undefined
const pong = () => new Promise((resolve) => (arrived = resolve))
await queue.subscribe('pong', { group: 'g', concurrency: 64 }, () => arrived())
await compared(
  'round trip over two streams, p50 / p99',
  1000,
  () => bare.roundTrip(body),
  async () => {
    const answered = pong()
    await queue.publish('ping', bytesBody(body))
    await answered
  },
)

const { entityStore, activationStore } = redisStores({ url, keyPrefix: prefix })
const entities = entityStore.build(adapterContext())
const activations = activationStore.build(adapterContext())
const limiter = redisRateLimiter({ url, keyPrefix: prefix }).build(adapterContext())
await Promise.all([entities.open(), activations.open(), limiter.open()])
const action = { namespace: 'ns', entityType: 'action', exec: { kind: 'nodejs:20', code: 'x'.repeat(500) } }
const text = JSON.stringify(action)
await compared(
  'document put, over SET',
  300,
  (id) => raw.set(`{${prefix}}:raw:${id}`, text),
  (id) => entities.put(`ns/${id}`, { ...action, name: id, updated: 1 }),
)
await compared(
  'document get, over GET',
  300,
  (id) => raw.get(`{${prefix}}:raw:${id}`),
  (id) => entities.get(`ns/${id}`),
)
await compared(
  'firing counted, over INCR',
  300,
  () => raw.incr(`{${prefix}}:raw:count`),
  () => limiter.countFire({ namespaceId: 'ns', perMinute: 1e9 }),
)

const record = (index) => ({
  namespace: 'ns',
  name: `a${index % 10}`,
  version: '0.0.1',
  subject: 'someone',
  start: 1_700_000_000_000 + index,
  end: 1_700_000_000_005 + index,
  activationId: index.toString(16).padStart(32, '0'),
  duration: 5,
  publish: false,
  response: { statusCode: 0 },
  logs: ['2024-05-01T10:11:12.123456789Z stdout: hello'],
  annotations: [{ key: 'path', value: `ns/a${index % 10}` }],
})

async function rate(name, count, clients, task) {
  let next = 0
  const start = performance.now()
  await Promise.all(
    Array.from({ length: clients }, async () => {
      while (next < count) await task(next++)
    }),
  )
  rows.push(`${name.padEnd(44)} ${Math.round((count * 1000) / (performance.now() - start))} per s`)
}

let drained = 0
let finished
await queue.subscribe('drain', { group: 'g', concurrency: 64 }, () => {
  if (++drained === 50_000) finished()
})
const all = new Promise((resolve) => (finished = resolve))
await rate('published while one reads, 500 at once', 50_000, 500, () => queue.publish('drain', bytesBody(body)))
const start = performance.now()
await all
rows.push(`${'the reader is behind by'.padEnd(44)} ${Math.round(performance.now() - start)} ms`)
await rate('activation records, 500 at once', 50_000, 500, (index) => activations.put(record(index)))
for (const [name, skip] of [
  ['first', 0],
  ['behind 40,000', 40_000],
]) {
  await rate(`list 200 of 50,000, ${name}`, 100, 1, () =>
    activations.list({ namespace: 'ns', skip, limit: 200, full: false }),
  )
}

child.kill()
await bare.close()
await Promise.all([queue, entities, activations, limiter].map((part) => part.close()))
await removeKeys(raw, prefix)
raw.disconnect()
process.stdout.write(`${rows.join('\n')}\n`)
