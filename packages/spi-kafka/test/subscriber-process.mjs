// Subscribes and prints `GOT attempt content` for each delivery, and `LOG …`, until it is killed. Contents that start with
// `hold` are never acknowledged. Runs from the built package: a child process cannot run the sources.
import { writeSync } from 'node:fs'
import { adapterContext } from '@stemcell/core'
import { kafkaQueue } from '@stemcell/spi-kafka'

const [brokers, topic, group, concurrency, sessionTimeoutMs] = process.argv.slice(2)
const options = { brokers: brokers.split(','), sessionTimeoutMs: Number(sessionTimeoutMs) }
// Not process.stdout: what that holds back when the reader is slow would be lost with the process.
const print = (line) => writeSync(1, line)
const say = (fields, message) => {
  const text = JSON.stringify(fields, (_, value) => (value instanceof Error ? value.message : value))
  print(`LOG ${message} ${text}\n`)
}
const logger = { debug: () => undefined, info: say, warn: say, error: say, child: () => logger }
const queue = kafkaQueue(options).build(adapterContext({ logger }))
await queue.open()
await queue.subscribe(topic, { group, concurrency: Number(concurrency) }, ({ body, attempt }) => {
  const content = Buffer.from(body.bytes()).toString()
  print(`GOT ${attempt} ${content}\n`)
  return content.startsWith('hold') ? new Promise(() => undefined) : undefined
})
print('SUBSCRIBED\n')
