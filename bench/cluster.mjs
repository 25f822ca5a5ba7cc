import { bareKafka, removeTopics } from '../packages/spi-kafka/bench/bare-kafka.mjs'
import { bareRedisRoundTrip } from '../packages/spi-redis/bench/bare-redis.mjs'
import { latencies, throughputs } from './cluster-calls.mjs'
import { startCluster } from './cluster-processes.mjs'
import { percentile } from './load.mjs'
import { PAYLOAD, startStandalone, temporaryFolder } from './processes.mjs'
import { addressOf, howToHave, requireService } from './services.mjs'

const BODY = Buffer.from(PAYLOAD)
const MAX_REDIS_MS = 0.6
const MAX_KAFKA_SHARE = 2.5
const INVOKERS = 3
const MIN_SCALE = 2.7

/**
 * Warm blocking invocations with a queue between controller and invoker, beside the bare queue and beside the
 * standalone server, whose queue is in memory; and what two invokers more are worth.
 */
export async function cluster({ quick }) {
  const redisUrl = requireService('redis')
  const kafkaBrokers = addressOf('kafka')
  const { folder, remove } = temporaryFolder()
  const server = await startStandalone(folder)
  const rows = []
  const ratios = []
  try {
    await server.putAction('shared', { limits: { concurrency: 32 } })
    for (const queue of kafkaBrokers === undefined ? ['redis'] : ['redis', 'kafka']) {
      const found = await measure({ queue, redisUrl, kafkaBrokers, server, folder, quick })
      for (const [name, values] of Object.entries(found.rows)) rows.push({ name: `${queue}: ${name}`, values })
      ratios.push(...ratiosOf(queue, found))
    }
  } finally {
    await server.stop()
    remove()
  }
  const columns = ['p50 ms', 'p99 ms', 'c=32 /s', '50 ms action /s']
  return { columns, rows, ratios, notes: kafkaBrokers === undefined ? [howToHave('kafka')] : [] }
}

async function measure({ server, quick, ...places }) {
  const { queue } = places
  const prefix = `bench-${process.pid}-${queue}`
  const bare = await FLOORS[queue]({ ...places, prefix: `${prefix}-bare` })
  const ends = [() => bare.close()]
  try {
    const processes = await startCluster({ ...places, prefix: `${prefix}-cluster`, invokers: INVOKERS })
    ends.push(processes.remove)
    // A broker that has just been started takes seconds to get up to its speed.
    const scale = await throughputs(processes, INVOKERS, ...(quick ? [1_000, 500] : [5_000, 10_000]))
    const calls = await latencies({ bare: () => bare.roundTrip(BODY), server, processes }, quick ? 300 : 3_000)
    return { ...calls, rows: { ...rowsOf(calls), ...scale.rows }, scale: scale.factor }
  } finally {
    for (const end of ends.reverse()) await end()
  }
}

/** A message that goes to whom it is for, and for Redis back again, as a call and its answer do. */
const FLOORS = {
  redis: ({ redisUrl, prefix }) => bareRedisRoundTrip(redisUrl, prefix),
  kafka: async ({ kafkaBrokers, prefix }) => {
    const brokers = kafkaBrokers.split(',')
    const { publish, onMessage, close } = await bareKafka(brokers, prefix)
    return {
      roundTrip: async (body) => {
        const received = new Promise((resolve) => onMessage(resolve))
        await Promise.all([publish(body), received])
      },
      close: async () => {
        await close()
        await removeTopics(brokers, prefix)
      },
    }
  },
}

function rowsOf({ times, rates }) {
  const row = (side) => ({ 'p50 ms': percentile(times[side], 50), 'p99 ms': percentile(times[side], 99) })
  return {
    'bare round trip': row('bare'),
    'standalone, queue in memory': { ...row('standalone'), 'c=32 /s': rates.standalone },
    'cluster of one invoker': { ...row('cluster'), 'c=32 /s': rates.cluster },
  }
}

function ratiosOf(queue, { times, rates, scale }) {
  const [bare, standalone, ours] = ['bare', 'standalone', 'cluster'].map((side) => percentile(times[side], 50))
  const added = { name: `${queue}: p50 over the queue in memory, ms`, value: ours - standalone }
  const share = { name: `${queue}: p50 / bare round trip`, value: ours / bare }
  const target = (ratio, bound) => ({ ...ratio, target: `<= ${bound}`, met: ratio.value <= bound })
  const reported = (ratio) => ({ ...ratio, target: 'reported' })
  return [
    queue === 'redis' ? target(added, MAX_REDIS_MS) : reported(added),
    queue === 'kafka' ? target(share, MAX_KAFKA_SHARE) : reported(share),
    reported({ name: `${queue}: throughput at 32 / queue in memory`, value: rates.cluster / rates.standalone }),
    {
      name: `${queue}: 50 ms action on ${INVOKERS} invokers / on one`,
      value: scale,
      target: `>= ${MIN_SCALE}`,
      met: scale >= MIN_SCALE,
    },
  ]
}
