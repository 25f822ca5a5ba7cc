import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { runtimePath } from '@stemcell/runtime-nodejs'
import { Client } from 'undici'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const serverProgram = join(root, 'packages', 'server', 'dist', 'bundle', 'main.js')

export const ACTION = 'function main(args) { return { echo: args } }'
export const PAYLOAD = JSON.stringify({ name: 'stem cell', numbers: [1, 2, 3, 4, 5], text: 'x'.repeat(48) })

export function temporaryFolder() {
  const folder = mkdtempSync(join(tmpdir(), 'stemcell-bench-'))
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) }
}

async function stop(child, signal = 'SIGTERM') {
  if (child.exitCode !== null || child.signalCode !== null) return
  child.kill(signal)
  await once(child, 'exit')
}

/** Calls `attempt` until it resolves to something truthy, with a pause after each answer. */
export async function until(attempt, what, ms = 10_000, pauseMs = 1) {
  const deadline = performance.now() + ms
  for (;;) {
    const result = await attempt().catch(() => undefined)
    if (result) return result
    if (performance.now() > deadline) throw new Error(`not within ${ms} ms: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, pauseMs))
  }
}

/** The action runtime's own requests over its unix socket. */
/** `endpoint` is the path of a socket, or a URL. */
export function runtimeCalls(endpoint) {
  const client = endpoint.startsWith('/')
    ? new Client('http://runtime', { socketPath: endpoint })
    : new Client(endpoint)
  const post = async (path, body) => {
    const { statusCode, body: reply } = await client.request({
      method: 'POST',
      path,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
    return { statusCode, text: await reply.text() }
  }
  return {
    // A run before init is refused, and warms up the path.
    ready: (ms) => until(() => post('/run', {}), 'runtime ready', ms),
    init: () => post('/init', { value: { name: 'bench', main: 'main', code: ACTION, binary: false, env: {} } }),
    run: () =>
      post('/run', { value: JSON.parse(PAYLOAD), namespace: 'guest', action_name: '/guest/bench', deadline: '0' }),
    close: () => client.destroy(),
  }
}

/** The bare action runtime as a process. */
export async function startRuntime(folder) {
  const socketPath = join(folder, `runtime-${process.hrtime.bigint()}.sock`)
  const child = spawn(process.execPath, [runtimePath, '--socket', socketPath], {
    stdio: 'ignore',
    // The floors get as many callers at once as Stemcell does.
    env: { __OW_ALLOW_CONCURRENT: 'true' },
  })
  const { ready, init, run, close } = runtimeCalls(socketPath)
  await ready()
  return {
    socketPath,
    pid: child.pid,
    init,
    run,
    stop: async () => {
      await close()
      await stop(child, 'SIGKILL')
    },
  }
}

/** A plain HTTP server in its own process that forwards to the runtime behind a socket or a URL. */
export async function startForwarder(endpoint) {
  const child = spawn(process.execPath, [join(root, 'bench', 'forwarder.mjs'), endpoint], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [line] = await once(child.stdout, 'data')
  return { origin: `http://127.0.0.1:${Number(line)}`, pid: child.pid, stop: () => stop(child) }
}

/** Nothing but room for an action that takes several runs at once, as the floors' runtime does. */
export const ROOMY = { limits: { concurrency: { min: 1, std: 1, max: 64 } } }

/**
 * `stemcell standalone` with a data folder of its own; `startMs` is the time until `/ping` answers. `more` is further
 * configuration, `flags` of the command line.
 */
export async function startStandalone(folder, more = {}, flags = []) {
  const config = join(folder, 'config.json')
  writeFileSync(config, JSON.stringify({ ...ROOMY, ...more }))
  const started = performance.now()
  const child = spawn(
    process.execPath,
    [serverProgram, 'standalone', '--port', '0', '--data', folder, '--config', config, ...flags],
    {
      stdio: ['ignore', 'ignore', 'inherit'],
      env: { ...process.env, STEMCELL_LOG_LEVEL: 'error' },
    },
  )
  const properties = await until(async () => readFileSync(join(folder, '.wskprops'), 'utf8'), 'server started')
  const value = (key) => new RegExp(`^${key}=(.*)$`, 'm').exec(properties)[1]
  const origin = value('APIHOST')
  const client = new Client(origin)
  await until(async () => (await client.request({ method: 'GET', path: '/ping' })).statusCode === 200, 'ping answered')
  const startMs = performance.now() - started
  const headers = { authorization: `Basic ${Buffer.from(value('AUTH')).toString('base64')}` }
  return {
    origin,
    headers,
    pid: child.pid,
    startMs,
    idleMb: residentMb(child.pid),
    putAction: (name, extra) => putAction(client, headers, name, extra),
    /** Milliseconds of a blocking call, and its record. */
    invoke: async (name) => {
      const start = performance.now()
      const { body } = await client.request({
        method: 'POST',
        path: `/api/v1/namespaces/_/actions/${name}?blocking=true`,
        headers: { ...headers, 'content-type': 'application/json' },
        body: PAYLOAD,
      })
      const record = JSON.parse(await body.text())
      return { ms: performance.now() - start, record }
    },
    /** Sum of the samples of a metric whose labels include all of `labels`. */
    metric: async (name, labels) => {
      const { body } = await client.request({ method: 'GET', path: '/metrics' })
      return sumOf(await body.text(), name, labels)
    },
    stop: async () => {
      await client.destroy()
      await stop(child)
    },
  }
}

/** Resident memory of a process; undefined where the system does not tell. */
function residentMb(pid) {
  const path = `/proc/${pid}/status`
  if (!existsSync(path)) return undefined
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(path, 'latin1'))[1]) / 1024
}

export async function putAction(client, headers, name, extra = {}) {
  const { statusCode, body } = await client.request({
    method: 'PUT',
    path: `/api/v1/namespaces/_/actions/${name}?overwrite=true`,
    headers: { ...headers, 'content-type': 'application/json' },
    body: JSON.stringify({ exec: { kind: 'nodejs:default', code: ACTION }, ...extra }),
  })
  const text = await body.text()
  if (statusCode !== 200) throw new Error(`PUT ${name}: ${statusCode} ${text}`)
}

function sumOf(exposition, name, labels) {
  const wanted = Object.entries(labels).map(([label, value]) => `${label}="${value}"`)
  return exposition
    .split('\n')
    .filter((line) => line.startsWith(`${name}{`) && wanted.every((label) => line.includes(label)))
    .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0)
}
