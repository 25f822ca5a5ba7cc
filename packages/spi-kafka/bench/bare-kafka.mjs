// The floor of the queue on Kafka: kafkajs and nothing else.
import { Kafka, logLevel, Partitioners } from 'kafkajs'
import { connect } from 'node:net'

/** Options of a client whose connections send at once. */
export const NO_DELAY = {
  socketFactory: ({ host, port, onConnect }) => connect({ host, port, noDelay: true, keepAlive: true }, onConnect),
}

/** One producer and one consumer of a topic of its own, ready to be used. */
export async function bareKafka(brokers, topic, { client = {}, commitEach = false } = {}) {
  const kafka = new Kafka({ brokers, logLevel: logLevel.NOTHING, ...client })
  const admin = kafka.admin()
  await admin.connect()
  await admin.createTopics({ topics: [{ topic, numPartitions: 1, replicationFactor: 1 }] })
  await admin.disconnect()
  const producer = kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner })
  const consumer = kafka.consumer({ groupId: topic })
  const joined = new Promise((resolve) => consumer.on(consumer.events.GROUP_JOIN, resolve))
  let onMessage
  await Promise.all([producer.connect(), consumer.connect()])
  await consumer.subscribe({ topic, fromBeginning: true })
  const eachBatch = async ({ batch }) => {
    for (const { offset } of batch.messages) {
      if (commitEach) await consumer.commitOffsets([{ topic, partition: 0, offset }])
      onMessage()
    }
  }
  await consumer.run({ autoCommit: !commitEach, eachBatch })
  await joined
  return {
    publish: (value) => producer.send({ topic, acks: -1, messages: [{ value }] }),
    onMessage: (listener) => (onMessage = listener),
    close: () => Promise.all([producer.disconnect(), consumer.disconnect()]),
  }
}

/** All topics whose names begin with `prefix`. */
export async function removeTopics(brokers, prefix) {
  const admin = new Kafka({ brokers, logLevel: logLevel.NOTHING }).admin()
  await admin.connect()
  const topics = (await admin.listTopics()).filter((topic) => topic.startsWith(prefix))
  if (topics.length > 0) await admin.deleteTopics({ topics })
  await admin.disconnect()
}
