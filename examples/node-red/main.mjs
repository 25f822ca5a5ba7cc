// Node-RED beside a server of its own, until Ctrl-C: `node main.mjs`. With --check both flows are called, and it ends.
// With STEMCELL_URL and STEMCELL_AUTH=UUID:KEY the flows call that server instead.
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const START_MS = 120_000
const ANSWER_MS = 30_000
const place = (name) => fileURLToPath(new URL(name, import.meta.url))
const SERVER = place('../../packages/server/dist/bundle/main.js')
const NODE_RED = place('app/node_modules/node-red/red.js')
const HELLO = 'function main({ name = "stranger" }) { return { greeting: `Hello, ${name}!` } }'

const isCheck = process.argv.includes('--check')
const folder = mkdtempSync(join(tmpdir(), 'stemcell-node-red-'))
const children = []

try {
  install()
  const server = process.env.STEMCELL_URL
    ? { url: process.env.STEMCELL_URL, auth: process.env.STEMCELL_AUTH ?? '' }
    : await startServer()
  await prepare(server)
  const url = await startNodeRed(server)
  console.log(`Node-RED is at ${url}, its flows are ${url}/greet?name=you and POST ${url}/news`)
  if (isCheck) await check(server, url)
  else await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')])
} catch (error) {
  for (const { name, said } of children) console.error(`${name}:\n  ${said.join('\n  ')}`)
  throw error
} finally {
  for (const { child } of children.toReversed()) {
    child.kill('SIGTERM')
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
  }
  rmSync(folder, { recursive: true, force: true })
}

function install() {
  if (existsSync(NODE_RED)) return
  console.log('installing Node-RED …')
  const args = ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error']
  const { status, error } = spawnSync('npm', args, { cwd: place('app'), stdio: 'inherit' })
  if (status !== 0) throw new Error(`Node-RED cannot be installed: ${error?.message ?? 'see above'}`)
}

async function startServer() {
  const config = join(folder, 'config.json')
  writeFileSync(config, JSON.stringify({ gateway: false }))
  const data = join(folder, 'data')
  const args = [SERVER, 'standalone', '--port', '0', '--data', data, '--config', config]
  const said = await started('the server', args, {}, /ready at (\S+)/)
  return { url: said[1], auth: readFileSync(join(data, 'auth.guest'), 'utf8').trim() }
}

/** The action and the trigger of the flows, and a rule that runs the action with what the trigger was fired with. */
async function prepare(server) {
  const { json: namespaces } = await call(server, 'GET', '/api/v1/namespaces')
  const action = { exec: { kind: 'nodejs:default', code: HELLO } }
  await call(server, 'PUT', '/api/v1/namespaces/_/actions/hello?overwrite=true', action)
  await call(server, 'PUT', '/api/v1/namespaces/_/triggers/news?overwrite=true', {})
  const rule = { trigger: `/${namespaces[0]}/news`, action: `/${namespaces[0]}/hello` }
  await call(server, 'PUT', '/api/v1/namespaces/_/rules/news-hello?overwrite=true', rule)
}

async function startNodeRed({ url, auth }) {
  copyFileSync(place('flows.json'), join(folder, 'flows.json'))
  writeFileSync(join(folder, 'flows_cred.json'), JSON.stringify({ api: { key: auth } }), { mode: 0o600 })
  const port = process.env.NODE_RED_PORT ?? String(isCheck ? await freePort() : 1880)
  const args = [NODE_RED, '--userDir', folder, '--settings', place('settings.cjs')]
  const env = { STEMCELL_API: `${url}/api/v1/`.replace(/\/$/, ''), NODE_RED_PORT: port }
  await started('Node-RED', args, env, /Started flows/)
  return `http://127.0.0.1:${port}`
}

/** Resolves with what matches in its output. */
async function started(name, args, env, ready) {
  const child = spawn(process.execPath, args, { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] })
  const said = []
  children.push({ child, name, said })
  const late = AbortSignal.timeout(START_MS)
  return new Promise((resolve, reject) => {
    const fail = (what) => reject(new Error(`${name} ${what}:\n${said.join('\n')}`))
    for (const stream of [child.stdout, child.stderr]) {
      createInterface({ input: stream }).on('line', (line) => {
        said.push(line)
        if (!isCheck) console.log(line)
        const found = ready.exec(line)
        if (found) resolve(found)
      })
    }
    child.once('exit', () => fail('ended'))
    late.addEventListener('abort', () => fail(`is not ready within ${START_MS} ms`))
  })
}

async function check(server, url) {
  const greeted = await (await fetch(`${url}/greet?name=Node-RED`, { signal: AbortSignal.timeout(ANSWER_MS) })).json()
  expect('the result of the action', greeted.greeting, 'Hello, Node-RED!')
  const since = Date.now() - 1000
  const body = JSON.stringify({ name: 'trigger' })
  const fired = await fetch(`${url}/news`, { method: 'POST', headers: { 'content-type': 'application/json' }, body })
  expect('the answer to news', fired.status, 202)
  const ran = async () => {
    const { json } = await call(server, 'GET', `/api/v1/namespaces/_/activations?name=hello&docs=true&since=${since}`)
    return json.some(({ response }) => response.result.greeting === 'Hello, trigger!')
  }
  for (let left = 100; !(await ran()); left--) {
    if (left === 0) throw new Error('the trigger ran no action')
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  console.log('ok: the flows invoked the action, and fired the trigger, whose rule ran it')
}

function expect(what, found, wanted) {
  if (found !== wanted) throw new Error(`${what} is ${JSON.stringify(found)}, not ${JSON.stringify(wanted)}`)
}

async function call({ url, auth }, method, path, body) {
  const authorization = `Basic ${Buffer.from(auth).toString('base64')}`
  const headers = { authorization, 'content-type': 'application/json' }
  const response = await fetch(url + path, { method, headers, ...(body && { body: JSON.stringify(body) }) })
  const text = await response.text()
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`)
  return { json: JSON.parse(text) }
}

function freePort() {
  return new Promise((resolve, reject) => {
    const socket = createServer().once('error', reject)
    socket.listen(0, '127.0.0.1', () => {
      const { port } = socket.address()
      socket.close(() => resolve(port))
    })
  })
}
