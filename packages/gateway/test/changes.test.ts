import { once } from 'node:events'
import { connect, Server, type AddressInfo } from 'node:net'
import { afterEach, describe, expect, it, vi } from 'vitest'
import {
  adapterContext,
  memoryEntityStore,
  PlatformError,
  VirtualClock,
  type EntityStore,
  type MaybePromise,
} from '@stemcell/core'
import { ApiStore } from '../src/apis/api-store.ts'
import { RouteMemory } from '../src/serving/route-memory.ts'
import type { RouteTable } from '../src/serving/route-table.ts'
import { GatewayRig, swaggerOf } from './gateway-rig.ts'

const SLOW = 'function main() { return new Promise(() => undefined) }'
const LATER = 'function main() { return new Promise((resolve) => setTimeout(() => resolve({ body: "late" }), 300)) }'
const rigs: GatewayRig[] = []

async function start(...given: Parameters<typeof GatewayRig.start>): Promise<GatewayRig> {
  const rig = await GatewayRig.start(...given)
  rigs.push(rig)
  return rig
}

afterEach(async () => {
  await Promise.all(rigs.splice(0).map((rig) => rig.close()))
})

/** A store that can be made to fail, and counts what it is asked for. */
class Switch {
  down = false
  reads = 0
  readonly store: EntityStore

  constructor(inner: EntityStore = memoryEntityStore().build(adapterContext())) {
    this.store = new Proxy(inner, {
      get: (target, name) => {
        const member: unknown = Reflect.get(target, name)
        if (typeof member !== 'function') return member
        if (name !== 'get') return member.bind(target) as unknown
        return (id: string) => {
          this.reads++
          return this.down ? Promise.reject(new PlatformError('ERR_UNAVAILABLE', 'no store')) : target.get(id)
        }
      },
    })
  }
}

describe('a change', () => {
  it('is there at once where it was made, and while the API is called', async () => {
    const rig = await start()
    await rig.webAction('one', 'function main() { return { body: "one" } }')
    await rig.webAction('two', 'function main() { return { body: "two" } }')
    expect((await rig.call('/b/x')).status).toBe(404)
    await rig.create('/b', '/x', 'GET', 'one')
    expect((await rig.call('/b/x')).text).toBe('one')
    await rig.create('/b', '/x', 'GET', 'two')
    expect((await rig.call('/b/x')).text).toBe('two')
    await rig.manage('DELETE', 'deleteApi.http?basepath=/b')
    expect((await rig.call('/b/x')).status).toBe(404)
  })

  it('is seen by other controllers within a second', async () => {
    const entityStore = memoryEntityStore().build(adapterContext())
    const controller = () => start({}, { entityStore: new Switch(entityStore).store })
    const [here, there] = [await controller(), await controller()]
    await here.webAction('echo')
    expect((await there.call('/b/x')).status).toBe(404)
    await here.create('/b', '/x', 'GET', 'echo')
    const madeMs = performance.now()
    await vi.waitFor(async () => expect((await there.call('/b/x')).status).toBe(200), { timeout: 5_000, interval: 20 })
    expect(performance.now() - madeMs).toBeLessThan(1_500)
    await there.manage('DELETE', 'deleteApi.http?basepath=/b')
    await vi.waitFor(async () => expect((await here.call('/b/x')).status).toBe(404), { timeout: 5_000, interval: 20 })
  })

  it('breaks no request of an API that is called all the time', async () => {
    const rig = await start()
    await rig.webAction('echo')
    await rig.create('/b', '/x', 'GET', 'echo')
    let over = false
    const statuses = new Set<number>()
    const calling = (async () => {
      while (!over) statuses.add((await rig.call('/b/x')).status)
    })()
    for (let round = 0; round < 20; round++) {
      await rig.create('/b', `/y${round}`, 'GET', 'echo')
      if (round % 2) await rig.manage('DELETE', `deleteApi.http?basepath=/b&relpath=/y${round}`)
    }
    over = true
    await calling
    expect([...statuses]).toEqual([200])
  })
})

describe('the memory of routes', () => {
  const settled = async <T>(value: MaybePromise<T>): Promise<T> => value

  async function remembered(table: MaybePromise<RouteTable>, path = '/b/x'): Promise<boolean> {
    return (await settled(table)).find(path) !== undefined
  }

  async function setUp() {
    const backend = new Switch()
    const clock = new VirtualClock(0)
    const warn = vi.fn()
    const { random, logger } = adapterContext()
    const context = adapterContext({ clock, logger: { ...logger, warn } })
    // One that others write to: it is told of nothing.
    const elsewhere = new ApiStore(backend.store, random)
    const memory = new RouteMemory(new ApiStore(backend.store, random), clock, context.logger)
    await backend.store.open()
    const put = (namespace = 'ns') =>
      elsewhere.change(
        namespace,
        ({ basePath }) => basePath === '/b',
        () => ({ document: swaggerOf('/b', { 'GET /x': 'echo' }), subscriptions: [] }),
      )
    return { backend, clock, warn, memory, put, elsewhere }
  }

  it('asks for nothing while nobody calls, and once in 400 ms while many do', async () => {
    const { backend, clock, memory, put } = await setUp()
    await put()
    await settled(memory.routesOf('ns'))
    backend.reads = 0
    await clock.advance(60_000)
    expect(backend.reads).toBe(0)
    await settled(memory.routesOf('ns'))
    expect(backend.reads).toBe(1)
    for (let ms = 0; ms < 4_000; ms += 10) {
      await clock.advance(10)
      await settled(memory.routesOf('ns'))
    }
    expect(backend.reads).toBeLessThanOrEqual(11)
    expect(backend.reads).toBeGreaterThan(5)
  })

  it('answers at once with what is fresh, and does not use what is a second old', async () => {
    const { clock, memory, put } = await setUp()
    expect(await remembered(memory.routesOf('ns'))).toBe(false)
    await put()
    await clock.advance(300)
    const fresh = memory.routesOf('ns')
    expect(fresh).not.toBeInstanceOf(Promise)
    expect(await remembered(fresh)).toBe(false)
    await clock.advance(700)
    expect(await remembered(memory.routesOf('ns'))).toBe(true)
  })

  it('serves what it knows through an outage, and says so', async () => {
    const { backend, clock, memory, put, warn } = await setUp()
    await put()
    await settled(memory.routesOf('ns'))
    backend.down = true
    for (let second = 0; second < 5; second++) {
      await clock.advance(1_000)
      expect(await remembered(memory.routesOf('ns'))).toBe(true)
    }
    expect(warn).toHaveBeenCalledTimes(5)
    await expect(settled(memory.routesOf('unknown'))).rejects.toMatchObject({ code: 'ERR_UNAVAILABLE' })
    backend.down = false
    await put('unknown')
    expect(await remembered(memory.routesOf('unknown'))).toBe(true)
  })

  it('reads again what was replaced while it was being read', async () => {
    const { backend, memory, put, elsewhere } = await setUp()
    await put()
    const load = vi.spyOn(ApiStore.prototype, 'load')
    load.mockImplementationOnce(async () => {
      await elsewhere.change(
        'ns',
        () => true,
        () => undefined,
      )
      await put()
      return undefined
    })
    expect(await remembered(memory.routesOf('ns'))).toBe(true)
    expect(backend.reads).toBeGreaterThan(2)
    load.mockRestore()
  })
})

describe('a back end', () => {
  it('that was deleted, or made private, is missing, and the API is there again with it', async () => {
    const rig = await start()
    await rig.webAction('echo')
    await rig.create('/b', '/x', 'GET', 'echo')
    expect((await rig.call('/b/x')).status).toBe(200)
    await rig.webAction('echo', 'function main() { return {} }', { 'web-export': false })
    expect((await rig.call('/b/x')).status).toBe(404)
    await rig.guest.request('DELETE', 'actions/echo')
    expect((await rig.call('/b/x')).status).toBe(404)
    await rig.webAction('echo')
    expect((await rig.call('/b/x')).status).toBe(200)
  })

  it('that is too slow is given up with 504, and others are not', async () => {
    const rig = await start({ timeoutMs: 800 })
    await rig.webAction('slow', SLOW)
    await rig.webAction('later', LATER)
    await rig.create('/b', '/slow', 'GET', 'slow')
    await rig.create('/b', '/later', 'GET', 'later')
    const [slow, later] = await Promise.all([rig.call('/b/slow'), rig.call('/b/later')])
    expect(slow.body).toEqual({ status: 504, message: 'Error: The back end did not answer in time.' })
    expect(slow.headers['access-control-allow-origin']).toBe('*')
    expect(later).toMatchObject({ status: 200, text: 'late' })
  })

  it('is 429 when its owner has no invocations left', async () => {
    const rig = await start()
    await rig.webAction('echo')
    await rig.create('/b', '/x', 'GET', 'echo')
    await rig.platform.subjects.setLimits('guest', { invocationsPerMinute: 0 })
    expect((await rig.call('/b/x')).status).toBe(429)
  })
})

describe('the gateway', () => {
  it('is 503 while the APIs of a namespace cannot be read, and names no reason', async () => {
    const backend = new Switch()
    const rig = await start({}, { entityStore: backend.store })
    backend.down = true
    expect(await rig.call('/b/x')).toMatchObject({
      status: 503,
      body: { status: 503, message: 'Error: The APIs cannot be read at the moment.' },
    })
    expect(await rig.manage('GET', 'getApi.http')).toMatchObject({ status: 503 })
    backend.down = false
    expect((await rig.call('/b/x')).status).toBe(404)
  })

  it('finishes what it answers before it closes, and takes nothing more', async () => {
    const rig = await GatewayRig.start()
    await rig.webAction('later', LATER)
    await rig.create('/b', '/x', 'GET', 'later')
    const call = rig.call('/b/x', { headers: { connection: 'keep-alive' } })
    const { apis } = rig
    // It has arrived once it is in flight.
    await vi.waitFor(async () => {
      const count = await fetch(`${rig.platform.url!}/activation/count`)
      expect(Number(await count.text())).toBe(1)
    })
    await rig.close()
    expect(await call).toMatchObject({ status: 200, text: 'late', headers: { connection: 'close' } })
    await expect(fetch(`${apis}/b/x`)).rejects.toThrow()
  })

  it('answers what comes on a kept connection just when it stops', async () => {
    const rig = await GatewayRig.start()
    await rig.webAction('echo')
    await rig.create('/b', '/x', 'GET', 'echo')
    const { hostname, port } = new URL(rig.gatewayUrl)
    const socket = connect(Number(port), hostname)
    let text = ''
    socket.setEncoding('latin1').on('data', (chunk: string) => (text += chunk))
    const ended = once(socket, 'end')
    const ask = (): void => void socket.write('GET /api/guest/b/x HTTP/1.1\r\nHost: x\r\n\r\n')
    ask()
    await vi.waitFor(() => expect(text).toMatch(/^HTTP\/1\.1 200 [^]*Connection: keep-alive/))
    text = ''
    const close = vi.spyOn(Server.prototype, 'close').mockImplementation(function (this: Server, done) {
      if ((this.address() as AddressInfo | null)?.port === Number(port)) ask()
      close.mockRestore()
      return Server.prototype.close.call(this, done)
    })
    await rig.close()
    await ended
    expect(text).toMatch(/^HTTP\/1\.1 200 [^]*Connection: close/)
  })

  it('does not wait for ever for what never ends', async () => {
    const rig = await GatewayRig.start({ drainMs: 50 })
    await rig.webAction('slow', SLOW)
    await rig.create('/b', '/x', 'GET', 'slow')
    const call = rig.call('/b/x')
    const broken = expect(call).rejects.toThrow()
    await vi.waitFor(async () => {
      const count = await fetch(`${rig.platform.url!}/activation/count`)
      expect(Number(await count.text())).toBe(1)
    })
    await rig.close()
    await broken
  })
})
