/**
 * What the API costs over bare node:http: CPU of the server per invocation, against a server that only echoes, taken
 * in turns in the same run. Needs the built package. Usage: node packages/core/test/controller/http-overhead.mjs
 */
import { fork } from 'node:child_process'
import { createServer } from 'node:http'
import { fileURLToPath } from 'node:url'
import { Pool } from 'undici'

const KEY = `23bc46b1-71f6-4ed5-8c54-816aa4f8c502:${'k'.repeat(64)}`
const PATH = '/api/v1/namespaces/_/actions/hello?blocking=true&result=true'
const BODY = JSON.stringify({ name: 'stem cell', place: 'here', list: [1, 2, 3], nested: { a: true, b: null } })
const HEADERS = {
  authorization: `Basic ${Buffer.from(KEY).toString('base64')}`,
  'content-type': 'application/json',
  'user-agent': 'bench',
}
const CONNECTIONS = 32
const REQUESTS = 4000
const ROUNDS = 25

const mode = process.argv[2]
if (mode === undefined) await compare()
else await serve(mode)

async function compare() {
  const servers = { bare: await startServer('bare'), front: await startServer('front') }
  for (const server of Object.values(servers)) await load(server, 5 * REQUESTS)
  const rounds = []
  for (let round = 0; round < ROUNDS; round++) {
    rounds.push({ bare: await load(servers.bare, REQUESTS), front: await load(servers.front, REQUESTS) })
  }
  for (const { child, pool } of Object.values(servers)) {
    await pool.close()
    child.disconnect()
  }
  const median = (values) => values.toSorted((a, b) => a - b)[ROUNDS >> 1]
  const bare = median(rounds.map((round) => round.bare))
  const front = median(rounds.map((round) => round.front))
  const more = (median(rounds.map((round) => round.front / round.bare)) - 1) * 100
  process.stdout.write(
    `CPU per request, medians: bare node:http ${bare.toFixed(1)} µs, API ${front.toFixed(1)} µs (+${more.toFixed(0)} %)\n`,
  )
}

async function startServer(which) {
  const child = fork(fileURLToPath(import.meta.url), [which])
  const port = await new Promise((resolve) => child.once('message', resolve))
  return { child, pool: new Pool(`http://127.0.0.1:${port}`, { connections: CONNECTIONS, pipelining: 1 }) }
}

/** CPU µs of the server per request. */
async function load({ child, pool }, requests) {
  const before = await cpu(child)
  let left = requests
  const caller = async () => {
    while (left-- > 0) {
      const { statusCode, body } = await pool.request({ method: 'POST', path: PATH, headers: HEADERS, body: BODY })
      const text = await body.text()
      if (statusCode !== 200 || text !== BODY) throw new Error(`${statusCode} ${text}`)
    }
  }
  await Promise.all(Array.from({ length: CONNECTIONS }, caller))
  return ((await cpu(child)) - before) / requests
}

function cpu(child) {
  child.send('cpu')
  return new Promise((resolve) => child.once('message', resolve))
}

async function serve(which) {
  const server = which === 'bare' ? createServer(echo) : await createFront()
  process.on('message', () => {
    const { user, system } = process.cpuUsage()
    process.send(user + system)
  })
  process.on('disconnect', () => process.exit())
  server.listen(0, '127.0.0.1', () => process.send(server.address().port))
}

function echo(request, response) {
  const chunks = []
  request.on('data', (chunk) => chunks.push(chunk))
  request.on('end', () => {
    const body = Buffer.concat(chunks)
    response.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': body.length })
    response.end(body)
  })
}

async function createFront() {
  const core = await import('../../dist/index.js')
  const { createHttpFront } = await import('../../dist/controller/front.js')
  const { createHttpServer } = await import('../../dist/controller/http/http-server.js')
  const { ENTITY_INDEXES, MemoryDocumentStore, MemoryActivationStore, StaticAuth, LocalRateLimiter } = core
  const limits = { invocationsPerMinute: 1e9, concurrentInvocations: 1e9 }
  const parts = {
    id: 'bench',
    entityStore: new MemoryDocumentStore(ENTITY_INDEXES),
    activationStore: new MemoryActivationStore(),
    auth: new StaticAuth([{ namespace: 'guest', auth: KEY, limits }]),
    logStore: new core.RecordLogStore(),
    rateLimiter: new LocalRateLimiter(),
    clock: new core.SystemClock(),
    random: new core.SystemRandom(),
    logger: core.silentLogger,
    limits: core.DEFAULT_PLATFORM_LIMITS,
    manifest: new core.RuntimesManifest({ runtimes: { nodejs: [{ kind: 'nodejs:20', image: { name: 'n' } }] } }),
    build: { date: '', number: '' },
  }
  for (const part of [parts.entityStore, parts.activationStore, parts.auth, parts.logStore, parts.rateLimiter]) {
    await part.open()
  }
  await parts.entityStore.put('guest/hello', {
    namespace: 'guest',
    name: 'hello',
    exec: { kind: 'nodejs:20', code: 'x', binary: false },
    parameters: [],
    limits: {},
    annotations: [{ key: 'provide-api-key', value: false }],
    entityType: 'action',
  })
  const activation = { response: { statusCode: 0 }, logs: [], annotations: [] }
  const activator = {
    async activate({ payload, onSettled }) {
      onSettled()
      const activationId = '0123456789abcdef0123456789abcdef'
      return { activationId, activation: { ...activation, response: { statusCode: 0, result: payload } } }
    },
    inFlight: () => 0,
  }
  const front = createHttpFront(parts, activator)
  return createHttpServer((request, response) => front.handle(request, response), parts.random)
}
