// Apache Kafka, one node, its data in a folder of its own.
import { kafkaAnswers, startKafkaBroker } from './kafka-broker.mjs'

/** @type {import('./service.mjs').Service} */
export default {
  name: 'kafka',
  async up(folder) {
    const { pid, startTime, port } = await startKafkaBroker(folder)
    return { pid, startTime, env: { STEMCELL_TEST_KAFKA_BROKERS: `127.0.0.1:${port}` } }
  },
  answers: ({ env }) => kafkaAnswers(Number(env.STEMCELL_TEST_KAFKA_BROKERS.split(':').at(-1))),
}
