import { readdirSync } from 'node:fs'
import { describe, expect, it, onTestFinished } from 'vitest'
import {
  assemble,
  SystemClock,
  tokens,
  type EmbeddedClient,
  type JsonObject,
  type Platform,
  type PoolGauges,
  type Timer,
} from '@stemcell/core'
import { processContainers, type ProcessContainersOptions } from '@stemcell/spi-process'
import { eventually } from '../../../test/eventually.ts'
import { isAlive, processesWith, temporaryFolder } from './harness.ts'

/** Knows which of its timers are still set. */
class CountingClock extends SystemClock {
  /** With where each was set. */
  readonly pending = new Map<Timer, string>()

  override setTimer(delayMs: number, callback: () => void): Timer {
    const inner = super.setTimer(delayMs, () => {
      this.pending.delete(timer)
      callback()
    })
    const timer: Timer = {
      cancel: () => {
        this.pending.delete(timer)
        inner.cancel()
      },
    }
    this.pending.set(timer, new Error(`${delayMs} ms`).stack!)
    return timer
  }
}

const LOST = 'The action did not produce a valid response and exited unexpectedly.'
const OWNER = { platform: 'stemcell', invoker: 'invoker0' }

/** A platform on processes, with what is needed to see whether it left anything behind. */
class World {
  readonly dir = temporaryFolder()
  readonly clock = new CountingClock()
  platform!: Platform
  guest!: EmbeddedClient
  #gauges: PoolGauges | undefined

  static async make(
    settings: ProcessContainersOptions = {},
    options: Partial<Parameters<typeof assemble>[0]> = {},
  ): Promise<World> {
    const world = new World()
    world.platform = await assemble({
      containers: processContainers({ dir: world.dir, ...settings }),
      clock: world.clock,
      manifest: {
        runtimes: {
          nodejs: [
            {
              kind: 'nodejs:20',
              default: true,
              image: { name: 'none' },
              attached: { attachmentName: 'code', attachmentType: 'text/plain' },
            },
          ],
        },
      },
      limits: { concurrency: { min: 1, std: 1, max: 4 } },
      observers: { invoker: { gauges: (gauges) => (world.#gauges = gauges) } },
      ...options,
    })
    onTestFinished(() => world.platform.close())
    await world.platform.subjects.createUser('guest')
    world.guest = await world.platform.client('guest')
    return world
  }

  async define(code: string, limits: JsonObject = {}, name = 'a'): Promise<void> {
    await this.guest.putAction(name, { exec: { kind: 'nodejs:20', code }, limits })
  }

  /** The stored record, logs included, of one blocking call. */
  async run(args: JsonObject = {}, name = 'a'): Promise<JsonObject> {
    const { activationId } = (await this.guest.invoke(name, args)) as { readonly activationId: string }
    return this.record(activationId)
  }

  async record(activationId: string): Promise<JsonObject> {
    let record: JsonObject | undefined
    await eventually('the record', async () => {
      const { status, body } = await this.guest.request('GET', `activations/${activationId}`)
      if (status === 200) record = body as JsonObject
      return record !== undefined
    })
    return record!
  }

  async containers(): Promise<number> {
    return (await this.platform.use(tokens.CONTAINER_FACTORY).list(OWNER)).length
  }

  pids(): number[] {
    return processesWith('--socket').filter((pid) => processesWith(this.dir).includes(pid))
  }

  /** Nothing is in flight, waits or runs, there is a record for each accepted activation; and nothing outlives it all. */
  async leavesNothing(records: number): Promise<void> {
    const { guest, platform, clock, dir } = this
    await eventually('nothing is in flight', async () => (await guest.request('GET', '/activation/count')).body === 0)
    this.#gauges = undefined
    await eventually('the pool is at rest', () => this.#gauges?.busy === 0 && this.#gauges.starting === 0)
    expect(this.#gauges).toMatchObject({ waiting: 0 })
    expect(this.#gauges!.usedMb - this.#gauges!.leavingMb).toBe(this.#gauges!.idleMb)
    expect((await guest.request('GET', 'activations?count=true')).body).toEqual({ activations: records })
    await platform.close()
    expect(processesWith(dir)).toEqual([])
    expect(readdirSync(dir, { recursive: true })).toEqual([])
    // What looks after requests once a second sees that there are none.
    await expect.poll(() => [...clock.pending.values()], { timeout: 3_000 }).toEqual([])
  }
}

const errorOf = (record: JsonObject): unknown => responseOf(record).result?.['error']
const acquired = ({ annotations }: JsonObject): unknown =>
  (annotations as { key: string; value: unknown }[]).find(({ key }) => key === 'acquired')?.value
const logsOf = ({ logs }: JsonObject): string[] => (logs as string[]).map((line) => line.slice(31))

function responseOf({ response }: JsonObject): { readonly status: string; readonly result?: JsonObject } {
  return response as { status: string; result?: JsonObject }
}

describe.runIf(process.platform === 'linux')('an activation', () => {
  it('whose container does not start ends as a fault of the platform', async () => {
    const world = await World.make({ node: '/bin/false' })
    await world.define('function main() { return {} }')
    const record = await world.run()
    expect(responseOf(record)).toMatchObject({
      status: 'whisk internal error',
      result: { error: 'Failed to provision resources to run the action.' },
    })
    expect(record['duration']).toBe(0)
    await world.leavesNothing(1)
  })

  it('whose code does not load ends with the reason, one that exits while it loads with its end', async () => {
    const world = await World.make()
    await world.define('this is no JavaScript')
    await world.define('process.exit(3)', {}, 'exits')
    const broken = await world.run()
    expect(responseOf(broken).status).toBe('action developer error')
    expect(errorOf(broken)).toMatch(/SyntaxError/)
    const exits = await world.run({}, 'exits')
    expect(responseOf(exits).status).toBe('action developer error')
    expect(errorOf(exits)).toBe('The action did not initialize and exited unexpectedly.')
    await eventually('its containers are gone', async () => (await world.containers()) === 0)
    await world.leavesNothing(2)
  })

  it('that crashes ends as such, and the next one gets another container', async () => {
    const world = await World.make()
    await world.define('function main({ crash }) { if (crash) process.kill(process.pid, "SIGKILL"); return { ok: 1 } }')
    await world.run()
    const crashed = await world.run({ crash: true })
    expect(responseOf(crashed).status).toBe('action developer error')
    expect(errorOf(crashed)).toBe(LOST)
    expect(acquired(crashed)).toEqual({ how: 'hot' })
    const next = await world.run()
    expect(responseOf(next).result).toEqual({ ok: 1 })
    expect(acquired(next)).toMatchObject({ how: 'cold' })
    await world.leavesNothing(3)
  })

  it('whose container exits after the answer keeps its answer, and the next one gets another container', async () => {
    const world = await World.make()
    await world.define('function main() { setTimeout(() => process.exit(4), 20); return { ok: 1 } }')
    for (let round = 0; round < 3; round++) {
      const record = await world.run()
      expect(responseOf(record)).toMatchObject({ status: 'success', result: { ok: 1 } })
      expect(acquired(record)).toMatchObject({ how: 'cold' })
      await eventually('its container is gone', async () => (await world.containers()) === 0)
    }
    await world.leavesNothing(3)
  })

  it('whose container died while it was suspended gets another one', async () => {
    const world = await World.make({}, { invoker: { pauseGraceMs: 20 } })
    await world.define('function main() { return { pid: process.pid } }')
    const { pid } = responseOf(await world.run()).result as { pid: number }
    const factory = world.platform.use(tokens.CONTAINER_FACTORY)
    await eventually('it is suspended', async () => (await factory.list(OWNER))[0]?.state === 'suspended')
    process.kill(pid, 'SIGKILL')
    // Without a turn of the event loop: the platform does not know of it when the run comes.
    const deadline = performance.now() + 10_000
    while (isAlive(pid)) if (performance.now() > deadline) throw new Error('it does not die')
    const record = await world.run()
    expect(responseOf(record).status).toBe('success')
    expect(responseOf(record).result).not.toEqual({ pid })
    await world.leavesNothing(2)
  })

  it('whose container refuses the connection is given to another one, unharmed', async () => {
    const world = await World.make()
    // After its answer it lives on, but nobody can connect to it.
    await world.define(
      `const { unlinkSync } = require('node:fs')
       let runs = 0
       function main({ deaf }) {
         if (deaf) setTimeout(() => {
           for (const handle of process._getActiveHandles()) if (handle.destroy && handle.writable) handle.destroy()
           unlinkSync(process.argv[process.argv.indexOf('--socket') + 1])
         }, 20)
         return { pid: process.pid, runs: ++runs }
       }`,
    )
    const deaf = responseOf(await world.run({ deaf: true })).result as { pid: number }
    await eventually('it listens no more', () => !readdirSync(world.dir, { recursive: true }).some(isSocket))
    // The end of the connection has arrived, and is read in this turn of the event loop.
    await new Promise((resolve) => setImmediate(resolve))
    expect(isAlive(deaf.pid)).toBe(true)
    const record = await world.run()
    expect(responseOf(record)).toMatchObject({ status: 'success', result: { runs: 1 } })
    expect(acquired(record)).toEqual({ how: 'cold', reason: 'replacement' })
    await eventually('the deaf one is gone', () => !world.pids().includes(deaf.pid))
    await world.leavesNothing(2)
  })

  it('whose log is lost keeps its result', async () => {
    const world = await World.make()
    await world.define(
      `const { closeSync } = require('node:fs')
       function main() { console.log('said'); closeSync(1); closeSync(2); return { ok: 1 } }`,
    )
    const record = await world.run()
    expect(responseOf(record)).toMatchObject({ status: 'success', result: { ok: 1 } })
    expect(logsOf(record)).toEqual([
      'stdout: said',
      'stderr: There was an issue while collecting your logs. Data might be missing.',
    ])
    await world.leavesNothing(1)
  })

  it('that fills its memory ends as such, and one that shares nothing with it does not notice', async () => {
    const world = await World.make()
    await world.define('function main() { const kept = []; for (;;) kept.push(Buffer.alloc(1 << 20, 1)) }', {
      memory: 128,
    })
    await world.define('function main() { return { ok: 1 } }', {}, 'other')
    const [full, other] = await Promise.all([world.run(), world.run({}, 'other')])
    expect(responseOf(full).status).toBe('action developer error')
    expect(errorOf(full)).toBe('The action exhausted its memory and was aborted.')
    expect(responseOf(other).result).toEqual({ ok: 1 })
    await world.leavesNothing(2)
  })

  it('that never ends is ended at its time limit, while one beside it in the container finishes', async () => {
    const world = await World.make()
    await world.define(
      'function main({ ms }) { return new Promise((resolve) => { if (ms) setTimeout(() => resolve({ ok: 1 }), ms) }) }',
      { timeout: 2000, concurrency: 4 },
    )
    await world.run({ ms: 1 })
    const hanging = world.run()
    const sharing = world.clock.sleep(1_000).then(() => world.run({ ms: 1_500 }))
    const hung = await hanging
    expect(errorOf(hung)).toBe('The action exceeded its time limits of 2000 milliseconds.')
    expect(acquired(await world.run({ ms: 1 }))).toMatchObject({ how: 'cold' })
    expect(responseOf(await sharing).result).toEqual({ ok: 1 })
    await eventually('their container is gone', async () => (await world.containers()) === 1)
    await world.leavesNothing(4)
  })
})

const isSocket = (name: string | Buffer): boolean => String(name).endsWith('/s')
