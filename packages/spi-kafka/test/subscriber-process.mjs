// Subscribes and prints `GOT attempt content` for each delivery until it is killed. Contents that start with `hold` are
// never acknowledged. Runs from the built package: a child process cannot run the sources.
import { adapterContext } from '@stemcell/core'
import { kafkaQueue } from '@stemcell/spi-kafka'

const [brokers, topic, group, concurrency, sessionTimeoutMs] = process.argv.slice(2)
const options = { brokers: brokers.split(','), sessionTimeoutMs: Number(sessionTimeoutMs) }
const queue = kafkaQueue(options).build(adapterContext())
await queue.open()
await queue.subscribe(topic, { group, concurrency: Number(concurrency) }, ({ body, attempt }) => {
  const content = Buffer.from(body.bytes()).toString()
  process.stdout.write(`GOT ${attempt} ${content}\n`)
  return content.startsWith('hold') ? new Promise(() => undefined) : undefined
})
process.stdout.write('SUBSCRIBED\n')
