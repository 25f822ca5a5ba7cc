// The configuration that every process of a local cluster reads.
const REDIS = '@stemcell/spi-redis'
const KAFKA = '@stemcell/spi-kafka'
const COUCHDB = '@stemcell/spi-couchdb'

/**
 * @param {object} places
 * @param {'redis' | 'kafka'} places.queue
 * @param {string} places.redisUrl where entities and records are kept, and the queue if it is Redis
 * @param {string} [places.couchUrl] where entities and records are kept instead
 * @param {string} [places.kafkaBrokers] `host:port`, separated by commas
 * @param {string} places.prefix keeps clusters on the same servers apart
 * @param {string} places.apiHost where actions reach the API
 */
export function clusterConfig({ queue, redisUrl, couchUrl, kafkaBrokers, prefix, apiHost }) {
  const redis = { adapter: REDIS, options: { url: redisUrl, keyPrefix: prefix } }
  const kafka = () => {
    if (!kafkaBrokers) throw new Error('say where Kafka is: --kafka host:port, or npm run services -- up kafka')
    return { adapter: KAFKA, options: { brokers: kafkaBrokers.split(','), topicPrefix: `${prefix}-` } }
  }
  return {
    apiHost,
    host: '127.0.0.1',
    platformId: prefix,
    // What a dead process had in hand is given to others after the lease.
    queue: queue === 'kafka' ? kafka() : { ...redis, options: { ...redis.options, leaseMs: 10_000 } },
    stores: couchUrl ? couchStores(couchUrl, prefix) : redis,
    rateLimiter: redis,
    invoker: { userMemoryMb: 1024 },
  }
}

function couchStores(url, prefix) {
  const databases = {
    entities: `${prefix}_whisks`,
    subjects: `${prefix}_subjects`,
    activations: `${prefix}_activations`,
  }
  return { adapter: COUCHDB, options: { url, databases } }
}
