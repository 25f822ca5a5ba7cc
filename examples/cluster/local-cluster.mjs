// Starts controllers and invokers as processes of this machine, and knows how to kill and restart each.
import { spawn } from 'node:child_process'
import { randomBytes, randomUUID } from 'node:crypto'
import { createWriteStream, mkdirSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

const SERVER = fileURLToPath(new URL('../../packages/server/dist/bundle/main.js', import.meta.url))
const START_MS = 60_000
const STOP_MS = 60_000

/** One process of a cluster. */
export class Node {
  /** @type {import('node:child_process').ChildProcess | undefined} */
  #child
  #ended = Promise.resolve()
  #log

  /** @param {{ name: string, kind: 'controller' | 'invoker', args: string[], folder: string, env: Record<string, string>, url?: string }} options */
  constructor({ name, kind, args, folder, env, url }) {
    this.name = name
    this.kind = kind
    this.url = url
    this.args = args
    this.env = env
    this.#log = createWriteStream(join(folder, `${name}.log`), { flags: 'a' })
  }

  get running() {
    return this.#child !== undefined
  }

  get pid() {
    return this.#child?.pid
  }

  /** Resolves once it says that it is ready. */
  async start() {
    if (this.#child) return
    const child = spawn(process.execPath, [SERVER, this.kind, ...this.args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...this.env },
    })
    this.#child = child
    this.#ended = new Promise((resolve) =>
      child.once('exit', () => {
        if (this.#child === child) this.#child = undefined
        resolve()
      }),
    )
    const said = []
    child.stderr.on('data', (data) => {
      said.push(data)
      this.#log.write(data)
    })
    const ready = new Promise((resolve) => {
      createInterface({ input: child.stdout }).on('line', (line) => {
        this.#log.write(`${line}\n`)
        if (line.includes('"msg":"ready"')) resolve('ready')
      })
    })
    const late = new AbortController()
    const outcome = await Promise.race([
      ready,
      this.#ended.then(() => 'ended'),
      sleep(START_MS, 'late', { signal: late.signal }).catch(() => 'in time'),
    ])
    late.abort()
    if (outcome === 'ended') throw new Error(`${this.name} ended: ${Buffer.concat(said).toString().trim()}`)
    if (outcome === 'late') throw new Error(`${this.name} is not ready within ${START_MS} ms`)
  }

  /** Without a grace: SIGKILL. */
  async kill() {
    this.#child?.kill('SIGKILL')
    await this.#ended
  }

  /** Lets it finish what runs. */
  async stop() {
    const child = this.#child
    if (!child) return
    child.kill('SIGTERM')
    const timer = setTimeout(() => child.kill('SIGKILL'), STOP_MS)
    await this.#ended
    clearTimeout(timer)
  }
}

/** Controllers and invokers that share a configuration. */
export class LocalCluster {
  /**
   * Starts them and waits until every controller sees every invoker up.
   * @param {{ folder: string, config: (apiHost: string) => object, controllers: number, invokers: number, firstPort?: number, key?: string }} options
   */
  static async start({ folder, config, controllers, invokers, firstPort, key = newKey() }) {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    const ports = []
    for (let index = 0; index < controllers; index++) ports.push(firstPort ? firstPort + index : await freePort())
    const file = join(folder, 'config.json')
    writeFileSync(file, JSON.stringify(config(`http://127.0.0.1:${ports[0]}`), undefined, 2))
    const node = (kind, name, args, url) => {
      const data = join(folder, name)
      const env = kind === 'controller' ? { STEMCELL_AUTH: key } : {}
      return new Node({ name, kind, url, folder, env, args: ['--config', file, '--data', data, ...args] })
    }
    const cluster = new LocalCluster(
      key,
      ports.map((port, index) =>
        node(
          'controller',
          `controller${index}`,
          ['--id', String(index), '--port', String(port)],
          `http://127.0.0.1:${port}`,
        ),
      ),
      Array.from({ length: invokers }, (_, id) => node('invoker', `invoker${id}`, ['--id', String(id)])),
    )
    try {
      // One after the other: the first controller makes the namespace.
      for (const controller of cluster.controllers) await controller.start()
      await Promise.all(cluster.invokers.map((invoker) => invoker.start()))
      await cluster.untilUp()
    } catch (error) {
      await cluster.stop()
      throw error
    }
    return cluster
  }

  constructor(key, controllers, invokers) {
    this.key = key
    this.controllers = controllers
    this.invokers = invokers
  }

  get nodes() {
    return [...this.controllers, ...this.invokers]
  }

  get authorization() {
    return `Basic ${Buffer.from(this.key).toString('base64')}`
  }

  /** Resolves when every running controller sees every running invoker up. */
  async untilUp(timeoutMs = 60_000) {
    const deadline = Date.now() + timeoutMs
    for (const { url, running, name } of this.controllers) {
      if (!running) continue
      for (;;) {
        const states = await invokerStates(url)
        const up = this.invokers.every((invoker) => {
          const state = Object.entries(states).find(([known]) => known.split('/')[0] === invoker.name)?.[1]
          return !invoker.running || state === 'up'
        })
        if (up) break
        if (Date.now() > deadline) throw new Error(`${name} does not see every invoker up: ${JSON.stringify(states)}`)
        await sleep(100)
      }
    }
  }

  /** Invokers first end what runs, while controllers still hear them. */
  async stop() {
    await Promise.all(this.invokers.map((node) => node.stop()))
    await Promise.all(this.controllers.map((node) => node.stop()))
  }
}

async function invokerStates(url) {
  try {
    return await (await fetch(`${url}/invokers`)).json()
  } catch {
    return {}
  }
}

export function newKey() {
  return `${randomUUID()}:${randomBytes(48).toString('base64url')}`
}

export function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address()
      server.close(() => resolve(port))
    })
  })
}
