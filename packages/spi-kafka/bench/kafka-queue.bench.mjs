// The queue beside bare kafkajs on the same broker, taken in turn in the same run: node <this file> [messages]
// STEMCELL_TEST_KAFKA_BROKERS says where the broker is; `npm run services -- up kafka` starts one.
import { adapterContext, bytesBody } from '@stemcell/core'
import { kafkaQueue } from '@stemcell/spi-kafka'
import { servicesEnvironment } from '../../../scripts/services/environment.mjs'
import { bareKafka, NO_DELAY, removeTopics } from './bare-kafka.mjs'

const brokers = { ...servicesEnvironment(), ...process.env }.STEMCELL_TEST_KAFKA_BROKERS?.split(',')
if (!brokers) throw new Error('no broker: npm run services -- up kafka, or set STEMCELL_TEST_KAFKA_BROKERS')
const messages = Number(process.argv[2] ?? 1000)
const body = Buffer.alloc(500, 'a')
const run = Date.now()

async function adapter() {
  const topic = `bench-${run}-adapter`
  const queue = kafkaQueue({ brokers }).build(adapterContext())
  await queue.open()
  let onMessage
  await queue.subscribe(topic, { group: topic, concurrency: 64 }, () => onMessage())
  return {
    publish: (value) => queue.publish(topic, bytesBody(value)),
    onMessage: (listener) => (onMessage = listener),
    close: () => queue.close(),
  }
}

const bare = (name, options) => bareKafka(brokers, `bench-${run}-${name}`, options)
const subjects = {
  'bare kafkajs, as it comes': await bare('plain', {}),
  'bare, TCP_NODELAY': await bare('nodelay', { client: NO_DELAY }),
  'bare, TCP_NODELAY, a commit before each message': await bare('commit', { client: NO_DELAY, commitEach: true }),
  'the queue': await adapter(),
}

const print = (line) => process.stdout.write(`${line}\n`)
const percentile = (times, share) => times.sort((a, b) => a - b)[Math.floor(times.length * share)]

async function roundTrips(subject, count) {
  const times = []
  for (let i = 0; i < count; i++) {
    const start = performance.now()
    const received = new Promise((resolve) => subject.onMessage(resolve))
    await Promise.all([subject.publish(body), received])
    times.push(performance.now() - start)
  }
  return times
}

async function throughput(subject, count, callers) {
  let received = 0
  let left = count
  const start = performance.now()
  const all = new Promise((resolve) => subject.onMessage(() => ++received === count && resolve()))
  const caller = async () => {
    while (left-- > 0) await subject.publish(body)
  }
  await Promise.all(Array.from({ length: callers }, caller))
  await all
  return (1000 * count) / (performance.now() - start)
}

const times = {}
const rates = {}
for (const subject of Object.values(subjects)) await roundTrips(subject, 200)
for (let turn = 0; turn < 5; turn++) {
  for (const [name, subject] of Object.entries(subjects)) {
    ;(times[name] ??= []).push(...(await roundTrips(subject, messages / 5)))
  }
}
for (let turn = 0; turn < 3; turn++) {
  for (const [name, subject] of Object.entries(subjects)) {
    ;(rates[name] ??= []).push(await throughput(subject, 2 * messages, 64))
  }
}
const [floor] = Object.keys(subjects)
const median = (name) => percentile(times[name], 0.5)
print('500-byte messages: round trip from publish to the handler, and messages/s of 64 publishers that wait')
for (const name of Object.keys(subjects)) {
  const [p50, p99] = [median(name), percentile(times[name], 0.99)]
  const rate = percentile(rates[name], 0.5)
  const ratios = `${(p50 / median(floor)).toFixed(2)} x, ${(rate / percentile(rates[floor], 0.5)).toFixed(2)} x`
  print(`${name.padEnd(50)} p50 ${p50.toFixed(2)} p99 ${p99.toFixed(2)} ms  ${rate.toFixed(0)}/s  (${ratios})`)
}
for (const subject of Object.values(subjects)) await subject.close()
await removeTopics(brokers, `bench-${run}-`)
