// A cluster on this machine, until Ctrl-C: `npm run cluster -- --queue redis|kafka --controllers 2 --invokers 3`.
import { mkdirSync, readFileSync, existsSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { servicesEnvironment } from '../../scripts/services/environment.mjs'
import { clusterConfig } from './cluster-config.mjs'
import { LocalCluster, newKey } from './local-cluster.mjs'

const USAGE = `usage: npm run cluster -- [--queue redis|kafka] [--controllers 2] [--invokers 3] [--port 3233]
                          [--redis URL] [--kafka HOST:PORT] [--couchdb URL] [--data FOLDER]
Without --redis and --kafka, the ones that npm run services started are used; with --couchdb, CouchDB keeps the data.`

const { values } = parseArgs({
  options: {
    queue: { type: 'string', default: 'redis' },
    controllers: { type: 'string', default: '2' },
    invokers: { type: 'string', default: '3' },
    port: { type: 'string', default: '3233' },
    redis: { type: 'string' },
    kafka: { type: 'string' },
    couchdb: { type: 'string' },
    data: { type: 'string', default: 'stemcell-data' },
    help: { type: 'boolean', default: false },
  },
})
const environment = { ...servicesEnvironment(), ...process.env }
const redisUrl = values.redis ?? environment.STEMCELL_TEST_REDIS_URL
const kafkaBrokers = values.kafka ?? environment.STEMCELL_TEST_KAFKA_BROKERS
const queue = values.queue
if (values.help || !['redis', 'kafka'].includes(queue)) refuse(USAGE)
if (!redisUrl) refuse('Redis keeps entities and records: name it with --redis, or npm run services -- up redis')
if (queue === 'kafka' && !kafkaBrokers) refuse('name Kafka with --kafka, or npm run services -- up kafka')

const data = resolve(values.data)
const key = keptKey(data)
const cluster = await LocalCluster.start({
  folder: join(data, 'cluster'),
  config: (apiHost) =>
    clusterConfig({ queue, redisUrl, couchUrl: values.couchdb, kafkaBrokers, prefix: 'cluster', apiHost }),
  controllers: Number(values.controllers),
  invokers: Number(values.invokers),
  firstPort: Number(values.port),
  key,
})
const [first] = cluster.controllers
writeFileSync(join(data, '.wskprops'), `APIHOST=${first.url}\nAUTH=${key}\nNAMESPACE=_\n`, { mode: 0o600 })
console.log(`
  A cluster is ready, with its messages in ${queue}
    controllers ${cluster.controllers.map(({ url }) => url).join('  ')}
    invokers    ${cluster.invokers.map(({ name }) => name).join(' ')}
    key         ${join(data, 'auth.guest')} (also in ${join(data, '.wskprops')})
    logs        ${join(data, 'cluster')}
  Ctrl-C ends it.
`)
let stopping
for (const signal of ['SIGINT', 'SIGTERM']) {
  // npm hands a signal on that the terminal has sent already: the second must not leave the servers behind.
  process.on(signal, () => void (stopping ??= cluster.stop().then(() => process.exit(0))))
}

/** The key of namespace guest in the data folder, so that what is written down elsewhere stays valid. */
function keptKey(folder) {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const file = join(folder, 'auth.guest')
  if (existsSync(file)) return readFileSync(file, 'utf8').trim()
  const made = newKey()
  writeFileSync(file, `${made}\n`, { mode: 0o600 })
  return made
}

function refuse(message) {
  console.error(message)
  process.exit(2)
}
