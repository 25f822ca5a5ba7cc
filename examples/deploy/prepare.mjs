// Makes what is an installation's own: keys, passwords, a certificate, and the files that have them.
// node examples/deploy/prepare.mjs --host api.example.com [--backends redis] [--into FOLDER]
import { writeEdge } from '@stemcell/example-nginx'
import { spawnSync } from 'node:child_process'
import { randomBytes, randomUUID } from 'node:crypto'
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

/** Longest time limit of an action. What stops a server waits longer than this, see `stop_grace_period`. */
const TIME_LIMIT_MS = 300_000

/** Where everything is, as the names of `compose/compose.yaml` have it. */
const COMPOSE = {
  api: 'http://controllers:3233',
  host: '0.0.0.0',
  kafka: 'kafka:9092',
  couchdb: 'http://couchdb:5984',
  redis: 'redis://redis:6379',
  controllers: ['controller0:3233', 'controller1:3233'],
  invokerPort: 8080,
  edge: { folder: '/edge', httpPort: 80, httpsPort: 443, certificate: '/tls/tls.crt', key: '/tls/tls.key' },
}

/** The same on Kubernetes, where controllers have the certificate themselves, and no proxy has to be in front. */
const KUBERNETES = {
  ...COMPOSE,
  api: 'https://controllers.stemcell.svc:443',
  kafka: 'kafka.stemcell.svc:9092',
  couchdb: 'http://couchdb.stemcell.svc:5984',
  redis: 'redis://redis.stemcell.svc:6379',
}

/** What can keep messages and documents: Kafka and CouchDB beside Redis, or Redis alone, which is enough for a start. */
const BACKENDS = ['kafka', 'redis']

/**
 * Writes the settings into `folder`; keys, passwords and the certificate that are there stay. `backends` are those of
 * Kubernetes: the compose file has its own.
 */
export function prepare({ folder, apiHost, places = COMPOSE, backends = 'kafka' }) {
  mkdirSync(join(folder, 'tls'), { recursive: true, mode: 0o700 })
  const kept = (name, make) => {
    const file = join(folder, name)
    if (!existsSync(file)) write(file, make())
    return readFileSync(file, 'utf8').trim()
  }
  kept('auth.guest', () => `${randomUUID()}:${randomBytes(48).toString('base64url')}\n`)
  const couchdb = { username: 'stemcell', password: kept('couchdb.password', password) }
  const operator = { username: 'operator', password: kept('operator.password', password) }
  write(join(folder, 'couchdb.env'), `COUCHDB_USER=${couchdb.username}\nCOUCHDB_PASSWORD=${couchdb.password}\n`)
  if (!existsSync(join(folder, 'tls', 'tls.crt'))) certify(folder, apiHost)
  const secrets = { couchdb, operator }
  // nginx in front has the certificate, in a network that nobody else is in.
  writeJson(join(folder, 'stemcell.json'), { ...settings(places, secrets), insecure: true, metrics: true })
  const containers = { adapter: '@stemcell/spi-kubernetes', options: { namespace: 'stemcell-actions' } }
  const tls = { cert: '/tls/tls.crt', key: '/tls/tls.key' }
  writeJson(join(folder, 'kubernetes.json'), { ...settings(KUBERNETES, secrets, backends), containers, tls })
  writeEdge({ ...places.edge, apiHost, controllers: places.controllers, into: join(folder, 'edge') })
}

/** Of controllers and invokers alike. */
function settings({ api, host, kafka, couchdb, redis, invokerPort }, secrets, backends = 'kafka') {
  const onRedis = { adapter: '@stemcell/spi-redis', options: { url: redis } }
  const apart = {
    queue: { adapter: '@stemcell/spi-kafka', options: { brokers: [kafka] } },
    stores: { adapter: '@stemcell/spi-couchdb', options: { url: couchdb, ...secrets.couchdb } },
  }
  return {
    apiHost: api,
    host,
    data: '/data',
    drainMs: TIME_LIMIT_MS,
    limits: { timeoutMs: { max: TIME_LIMIT_MS } },
    ...(backends === 'redis' ? { queue: onRedis, stores: onRedis } : apart),
    rateLimiter: onRedis,
    invoker: { userMemoryMb: 2048, port: invokerPort, operator: secrets.operator },
  }
}

function password() {
  return `${randomBytes(24).toString('base64url')}\n`
}

/** A certificate of its own for a start; put the real one in its place. */
function certify(folder, apiHost) {
  const names = [apiHost, `*.${apiHost}`, 'controllers.stemcell.svc', 'localhost'].map((name) => `DNS:${name}`)
  const files = ['-keyout', join(folder, 'tls', 'tls.key'), '-out', join(folder, 'tls', 'tls.crt')]
  const subject = ['-subj', `/CN=${apiHost}`, '-addext', `subjectAltName=${names.join()},IP:127.0.0.1`]
  const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '90']
  const { status, stderr, error } = spawnSync('openssl', ['req', '-x509', ...kind, ...files, ...subject], {
    encoding: 'utf8',
  })
  if (status !== 0) throw new Error(`openssl made no certificate: ${error?.message ?? stderr}`)
}

function writeJson(file, value) {
  write(file, `${JSON.stringify(value, undefined, 2)}\n`)
}

/** Readable for the user of the containers, in a folder that is its owner's alone. */
function write(file, text) {
  writeFileSync(file, text)
  chmodSync(file, 0o644)
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { values } = parseArgs({
    options: { host: { type: 'string' }, into: { type: 'string' }, backends: { type: 'string', default: 'kafka' } },
  })
  if (!values.host || !BACKENDS.includes(values.backends)) {
    console.error(
      'usage: node examples/deploy/prepare.mjs --host api.example.com [--backends kafka|redis] [--into FOLDER]',
    )
    process.exit(2)
  }
  const folder = resolve(values.into ?? fileURLToPath(new URL('settings', import.meta.url)))
  prepare({ folder, apiHost: values.host, backends: values.backends })
  console.log(`settings are in ${folder}; put a certificate of ${values.host} and *.${values.host} into ${folder}/tls`)
}
