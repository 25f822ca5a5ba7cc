// Redis and Kafka as processes that can be killed at any moment and started again with what they had on disk.
import { mkdirSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { freePort, isRunning, requireProgram, startDetached, stop, until } from '../scripts/services/service.mjs'

/** A server in a folder and on a port that stay the same over restarts. */
class Backend {
  #state

  constructor(name, launch) {
    this.name = name
    this.launch = launch
  }

  get running() {
    return this.#state !== undefined && isRunning(this.#state)
  }

  async start() {
    if (!this.running) this.#state = await this.launch()
  }

  async kill() {
    if (!this.running) return
    process.kill(this.#state.pid, 'SIGKILL')
    await until(`end of ${this.name}`, () => !this.running)
  }

  async stop() {
    if (this.#state) await stop(this.#state)
  }
}

/** Redis that writes every command to its append-only file before it answers. */
export async function redisBackend(folder) {
  const home = join(folder, 'redis')
  mkdirSync(home, { recursive: true })
  const program = requireProgram('redis-server', ['redis-server'])
  const port = await freePort()
  const launch = async () => {
    const where = ['--port', String(port), '--bind', '127.0.0.1', '--dir', home]
    const state = startDetached(home, program, [...where, '--save', '', '--appendonly', 'yes'])
    await until('redis', () => pings(port), { folder: home, state })
    return state
  }
  return Object.assign(new Backend('redis', launch), { url: `redis://127.0.0.1:${port}` })
}

/** One Kafka node. */
export async function kafkaBackend(folder) {
  const { startKafkaBroker } = await import('../scripts/services/kafka-broker.mjs')
  const home = join(folder, 'kafka')
  mkdirSync(home, { recursive: true })
  const ports = { port: await freePort(), controllerPort: await freePort() }
  return Object.assign(new Backend('kafka', () => startKafkaBroker(home, ports)), {
    brokers: `127.0.0.1:${ports.port}`,
  })
}

/** Whether it answers commands: while it reads its file it answers something else. */
function pings(port) {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write('PING\r\n'))
    socket.setTimeout(2000, () => socket.destroy())
    socket.once('data', (data) => {
      resolve(data.toString().startsWith('+PONG'))
      socket.destroy()
    })
    socket.once('error', () => resolve(false))
    socket.once('close', () => resolve(false))
  })
}
