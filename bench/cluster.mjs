import { bareKafka, removeTopics } from '../packages/spi-kafka/bench/bare-kafka.mjs'
import { bareRedisRoundTrip } from '../packages/spi-redis/bench/bare-redis.mjs'
import { latencies, throughputs } from './cluster-calls.mjs'
import { familyOf } from './cpu-time.mjs'
import { startCluster } from './cluster-processes.mjs'
import { percentile } from './load.mjs'
import { PAYLOAD, startStandalone, temporaryFolder } from './processes.mjs'
import { addressOf, howToHave, requireService } from './services.mjs'

const BODY = Buffer.from(PAYLOAD)
const MAX_REDIS_MS = 0.35
const MAX_KAFKA_SHARE = 2.4
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
  const columns = ['p50 ms', 'p99 ms', 'c=32 /s', 'c=1 CPU µs', 'c=32 CPU µs', '50 ms action /s']
  const notes = ['CPU µs are per call, without those of the client and of a Kafka broker']
  if (kafkaBrokers === undefined) notes.push(howToHave('kafka'))
  return { columns, rows, ratios, notes }
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
    const calls = await latencies(
      { bare: () => bare.roundTrip(BODY), server: withPids(server), processes },
      quick ? 300 : 3_000,
    )
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

/** The server has its runtimes as children. */
function withPids(server) {
  return { ...server, pids: () => familyOf(server.pid) }
}

const sumOf = (cpu, callers) => cpu.reduce((sum, { [callers]: us }) => sum + us, 0)

function rowsOf({ times, rates, cpu }) {
  const row = (side) => ({ 'p50 ms': percentile(times[side], 50), 'p99 ms': percentile(times[side], 99) })
  const cells = (one, many) => ({ 'c=1 CPU µs': one, 'c=32 CPU µs': many })
  const all = (groups) => (groups.length === 0 ? {} : cells(sumOf(groups, 'one'), sumOf(groups, 'many')))
  return {
    'bare round trip': row('bare'),
    'standalone, queue in memory': { ...row('standalone'), 'c=32 /s': rates.standalone, ...all(cpu.standalone) },
    'cluster of one invoker': { ...row('cluster'), 'c=32 /s': rates.cluster, ...all(cpu.cluster) },
    ...Object.fromEntries(cpu.cluster.map(({ name, one, many }) => [`… of it ${name}`, cells(one, many)])),
  }
}

function ratiosOf(queue, { times, rates, cpu, scale }) {
  const [bare, standalone, ours] = ['bare', 'standalone', 'cluster'].map((side) => percentile(times[side], 50))
  const added = { name: `${queue}: p50 over the queue in memory, ms`, value: ours - standalone }
  const share = { name: `${queue}: p50 / bare round trip`, value: ours / bare }
  const target = (ratio, bound) => ({ ...ratio, target: `<= ${bound}`, met: ratio.value <= bound })
  const reported = (ratio) => ({ ...ratio, target: 'reported' })
  return [
    queue === 'redis' ? target(added, MAX_REDIS_MS) : reported(added),
    queue === 'kafka' ? target(share, MAX_KAFKA_SHARE) : reported(share),
    reported({ name: `${queue}: throughput at 32 / queue in memory`, value: rates.cluster / rates.standalone }),
    ...(cpu.cluster.length === 0
      ? []
      : [
          reported({
            name: `${queue}: CPU at 32, all processes / queue in memory`,
            value: sumOf(cpu.cluster, 'many') / sumOf(cpu.standalone, 'many'),
          }),
        ]),
    {
      name: `${queue}: 50 ms action on ${INVOKERS} invokers / on one`,
      value: scale,
      target: `>= ${MIN_SCALE}`,
      met: scale >= MIN_SCALE,
    },
  ]
}
