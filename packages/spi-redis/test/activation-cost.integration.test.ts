import { assembleController, assembleInvoker, memoryContainers, type JsonObject } from '@stemcell/core'
import { redisQueue, redisRateLimiter, redisStores } from '@stemcell/spi-redis'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { createInterface } from 'node:readline'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { describeWith } from '../../../test/describe-with.ts'
import { OwnRedis } from './own-redis.ts'

const ECHO = { exec: { kind: 'nodejs:20', code: 'function main(args) { return args }' } }
const ACTIVATIONS = 320
const PLENTY = 1_000_000

/** `- One caller: at most 5 commands`, as the README says it. */
const published = (who: string): number => {
  const text = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
  const found = new RegExp(`^- ${who}: at most ([0-9.]+) commands`, 'm').exec(text)
  if (!found) throw new Error(`the README does not say what an activation costs ${who}`)
  return Number(found[1])
}

/** Counts what the server receives; what its scripts run is not received. */
class Monitor {
  received = 0
  /** What it did last, with each result and each record. */
  readonly #did: string[] = []
  readonly #socket: Socket

  private constructor(socket: Socket) {
    this.#socket = socket
  }

  static async start(port: number): Promise<Monitor> {
    const socket = connect(port, '127.0.0.1')
    const monitor = new Monitor(socket)
    const lines = createInterface({ input: socket })
    const begun = once(lines, 'line')
    socket.write('MONITOR\r\n')
    expect(await begun).toEqual(['+OK'])
    lines.on('line', (line) => {
      if (!/^\+[0-9.]+ \[\d+ lua\]/.test(line)) monitor.received++
      if (/"XADD" "[^"]*:completed|"HSETNX" "[^"]*:record:/i.test(line)) monitor.#did.push(line)
    })
    return monitor
  }

  /** Whether the result of an activation was published before its record was written; undefined where it saw neither. */
  resultFirst(activationId: string): boolean | undefined {
    const first = this.#did.find((line) => line.includes(activationId))
    return first === undefined ? undefined : first.includes('"XADD"')
  }

  stop(): void {
    this.#socket.destroy()
  }
}

describeWith('redis', 'what a blocking activation costs', () => {
  let server: OwnRedis
  const closing: (() => Promise<void>)[] = []
  let call: () => Promise<string>

  beforeAll(async () => {
    server = await OwnRedis.start()
    const parts = (connectionName: string) => {
      const options = { url: server.url, connectionName }
      return { queue: redisQueue(options), stores: redisStores(options), rateLimiter: redisRateLimiter(options) }
    }
    const { stores, ...own } = parts('controller')
    const controller = await assembleController({ ...own, ...stores, controllerId: '0' })
    closing.push(() => controller.close())
    const { queue, stores: others } = parts('invoker')
    const { entityStore, activationStore } = others
    const invokerInstance = { uniqueName: 'invoker' }
    const room = { invokerInstance, containers: memoryContainers(), invoker: { userMemoryMb: 16_384 } }
    const invoker = await assembleInvoker({ queue, entityStore, activationStore, ...room, apiHost: '' })
    closing.push(() => invoker.close())
    await controller.subjects.createUser('guest')
    await controller.subjects.setLimits('guest', { invocationsPerMinute: PLENTY, concurrentInvocations: 10_000 })
    const client = await controller.client('guest')
    await vi.waitFor(
      async () => {
        const { body } = await client.request('GET', '/invokers')
        expect(Object.values(body as JsonObject)).toEqual(['up'])
      },
      { timeout: 20_000 },
    )
    await client.putAction('echo', ECHO)
    call = async () => {
      const { status, body } = await client.request('POST', 'actions/echo?blocking=true', {})
      expect(status).toBe(200)
      return (body as { readonly activationId: string }).activationId
    }
  }, 60_000)

  afterAll(async () => {
    for (const close of closing.reverse()) await close()
    await server.remove()
  })

  /** What Redis receives while so many callers invoke. */
  async function received(callers: number): Promise<{ readonly all: number; readonly ms: number }> {
    await Promise.all(Array.from({ length: callers }, call))
    const monitor = await Monitor.start(server.port)
    try {
      const began = performance.now()
      let left = ACTIVATIONS
      await Promise.all(
        Array.from({ length: callers }, async () => {
          while (left-- > 0) await call()
        }),
      )
      return { all: monitor.received, ms: performance.now() - began }
    } finally {
      monitor.stop()
    }
  }

  it('reaches the caller before its record is written', { timeout: 60_000 }, async () => {
    const monitor = await Monitor.start(server.port)
    try {
      const ids: string[] = []
      for (let index = 0; index < 20; index++) ids.push(await call())
      await vi.waitFor(() => expect(monitor.resultFirst(ids.at(-1)!)).toBeDefined())
      const first = ids.filter((id) => monitor.resultFirst(id))
      // They come over two connections, of which a busy server may read both at once.
      expect(first.length).toBeGreaterThan(ids.length / 2)
    } finally {
      monitor.stop()
    }
  })

  /** What is done now and then, however many activations there are: every 20 ms acknowledgements and limits, pings. */
  const nowAndThen = (ms: number): number => 20 + (3 * ms) / 20 + ms / 25

  it('is what the README says, for one caller', { timeout: 60_000 }, async () => {
    const { all, ms } = await received(1)
    // A message to the invoker, one back, and the record of each.
    expect(all).toBeGreaterThanOrEqual(3 * ACTIVATIONS)
    expect(all).toBeLessThanOrEqual(published('One caller') * ACTIVATIONS + nowAndThen(ms))
  })

  it('is what the README says, for many callers at once', { timeout: 60_000 }, async () => {
    const { all, ms } = await received(32)
    expect(all).toBeGreaterThan(0)
    expect(all).toBeLessThanOrEqual(published('32 callers at once') * ACTIVATIONS + nowAndThen(ms))
  })
})
