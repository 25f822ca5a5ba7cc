import {
  adapterContext,
  memoryEntityStore,
  VirtualClock,
  type ActionInvocation,
  type Clock,
  type EntityStore,
  type JsonObject,
  type SystemCall,
  type SystemPackage,
  type Timer,
  type TriggerFiring,
} from '@stemcell/core'
import fc from 'fast-check'
import { describe, expect, it, vi } from 'vitest'
import { alarms } from '../src/index.ts'

const KEY = { uuid: 'u', key: 'k'.repeat(64) }
const OPTIONS = { spreadMs: 0, heartbeatMs: 1_000, takeoverAfterMs: 5_000 }

/** What a process sees that may be stopped as SIGSTOP does: its timers, and the answers it waits for, come later. */
class Freezer {
  frozen = false
  readonly #held: (() => void)[] = []

  pass(go: () => void): void {
    if (this.frozen) this.#held.push(go)
    else go()
  }

  thaw(): void {
    this.frozen = false
    for (const go of this.#held.splice(0)) go()
  }

  clock(inner: Clock): Clock {
    return {
      now: () => inner.now(),
      monotonic: () => inner.monotonic(),
      setTimer: (delayMs: number, callback: () => void): Timer => {
        let cancelled = false
        const timer = inner.setTimer(delayMs, () => this.pass(() => cancelled || callback()))
        return {
          cancel: () => {
            cancelled = true
            timer.cancel()
          },
        }
      },
      sleep: (delayMs, signal) => inner.sleep(delayMs, signal).then(() => this.answer(undefined)),
    }
  }

  answer<T>(value: T): Promise<T> {
    return new Promise((resolve) => this.pass(() => resolve(value)))
  }

  store(inner: EntityStore): EntityStore {
    return new Proxy(inner, {
      get: (target, name: keyof EntityStore) => {
        const member: unknown = target[name]
        if (typeof member !== 'function') return member
        if (name === 'scan')
          return (...given: unknown[]) => this.#scan(member.apply(target, given) as AsyncIterable<unknown>)
        return async (...given: unknown[]) => {
          const result = (member.apply(target, given) as Promise<unknown>).then(
            (value) => ({ value }),
            (error: unknown) => ({ error }),
          )
          const settled = await this.answer(await result)
          if ('error' in settled) throw settled.error
          return settled.value
        }
      },
    })
  }

  async *#scan(rows: AsyncIterable<unknown>): AsyncGenerator<unknown, void, undefined> {
    for await (const row of rows) yield await this.answer(row)
  }
}

class Member {
  readonly freezer = new Freezer()
  readonly pkg: SystemPackage

  constructor(cluster: Cluster, controllerId: string) {
    this.pkg = alarms(OPTIONS).build({
      ...adapterContext({ clock: this.freezer.clock(cluster.clock) }),
      entityStore: this.freezer.store(cluster.entityStore),
      controllerId,
      clustered: true,
      clientOf: () => ({ request: () => Promise.resolve({ status: 200, headers: {}, body: {} }) }),
      fire: (firing) => this.freezer.answer(cluster.fire(firing)),
      invoke: (invocation) => this.freezer.answer(cluster.invoke(invocation)),
      handle: () => undefined,
    })
  }

  async feed(parameters: Record<string, string>): Promise<void> {
    await this.pkg.actions[0]!.run({
      parameters,
      caller: { namespace: 'ns', subject: 's', authkey: KEY },
      clientOf: () => ({ request: () => Promise.resolve({ status: 200, headers: {}, body: {} }) }),
    } as unknown as SystemCall)
  }
}

class Cluster {
  readonly clock = new VirtualClock(Date.UTC(2024, 0, 1))
  readonly entityStore = memoryEntityStore().build(adapterContext())
  /** How often each occurrence was fired in earnest: what is fired again under its id is not. */
  readonly fired = new Map<string, number>()
  readonly #records = new Set<string>()

  fire({ activationId, annotations, again }: TriggerFiring): { readonly status: number } {
    if (again && this.#records.has(activationId)) return { status: 202 }
    this.#records.add(activationId)
    const { occurrence } = annotations['schedule'] as { occurrence: string }
    this.fired.set(occurrence, (this.fired.get(occurrence) ?? 0) + 1)
    return { status: 202 }
  }

  invoke({ activationId, again }: ActionInvocation): { readonly status: number } {
    if (again && this.#records.has(activationId)) return { status: 202 }
    this.#records.add(activationId)
    const now = new Date(this.clock.now()).toISOString()
    this.fired.set(now, (this.fired.get(now) ?? 0) + 1)
    return { status: 202 }
  }

  async start(count: number): Promise<Member[]> {
    await this.entityStore.open()
    const members = Array.from({ length: count }, (_, id) => new Member(this, String(id)))
    for (const { pkg } of members) await this.settle(pkg.open!())
    return members
  }

  async settle<T>(promise: Promise<T>): Promise<T> {
    let settled = false
    void promise.catch(() => undefined).then(() => (settled = true))
    while (!settled) await new Promise((resolve) => setImmediate(resolve))
    return promise
  }

  async pass(ms: number): Promise<void> {
    for (let left = ms; left > 0; left -= 500) {
      await this.clock.advance(Math.min(500, left))
      for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve))
    }
  }
}

function occurrences(cluster: Cluster, from: number, to: number): string[] {
  const expected: string[] = []
  for (let ms = from; ms <= to; ms += 10_000) expected.push(new Date(ms).toISOString())
  return expected.filter((iso) => !cluster.fired.has(iso))
}

describe('schedules of a cluster', () => {
  it('are fired by one of its controllers, whichever made them', async () => {
    const cluster = new Cluster()
    const members = await cluster.start(3)
    for (const [index, member] of members.entries()) {
      await member.feed({ lifecycleEvent: 'CREATE', triggerName: `t${index}`, cron: '*/10 * * * * *' })
    }
    await cluster.pass(60_000)
    expect([...cluster.fired.values()]).toEqual([3, 3, 3, 3, 3, 3])
    for (const { pkg } of members) await pkg.close!()
  })

  it('go to another controller when theirs is silent, and are left alone by the first when it is back', async () => {
    const cluster = new Cluster()
    const [first, second] = await cluster.start(2)
    await first!.feed({ lifecycleEvent: 'CREATE', triggerName: 't', cron: '*/10 * * * * *', missed: 'all' })
    await cluster.pass(25_000)
    first!.freezer.frozen = true
    await cluster.pass(60_000)
    first!.freezer.thaw()
    await cluster.pass(60_000)
    expect(occurrences(cluster, Date.UTC(2024, 0, 1) + 10_000, Date.UTC(2024, 0, 1) + 140_000)).toEqual([])
    expect(new Set(cluster.fired.values())).toEqual(new Set([1]))
    await Promise.all([first!.pkg.close!(), second!.pkg.close!()])
  })

  it('of actions follow what was written last, whichever controller wrote it', async () => {
    const cluster = new Cluster()
    const [first, second] = await cluster.start(2)
    const write = (member: Member, annotations: JsonObject | undefined): Promise<void> =>
      member.pkg.actionWritten!({ namespace: 'ns', name: 'tick', annotations })
    await write(first!, { cron: '*/10 * * * * *' })
    await cluster.pass(20_000)
    expect([...cluster.fired.values()]).toEqual([1, 1])
    await write(second!, { cron: '*/20 * * * * *' })
    await cluster.pass(40_000)
    expect([...cluster.fired.values()]).toEqual([1, 1, 1, 1])
    await write(first!, undefined)
    await cluster.pass(40_000)
    expect([...cluster.fired.values()]).toEqual([1, 1, 1, 1])
    await Promise.all([first!.pkg.close!(), second!.pkg.close!()])
  })

  it('go to another controller as soon as theirs has closed', async () => {
    const cluster = new Cluster()
    const [first, second] = await cluster.start(2)
    const start = cluster.clock.now()
    await first!.feed({ lifecycleEvent: 'CREATE', triggerName: 't', cron: '*/2 * * * * *', missed: 'all' })
    await cluster.pass(10_000)
    await cluster.settle(first!.pkg.close!())
    await cluster.pass(OPTIONS.heartbeatMs + 1_000)
    const expected = [2, 4, 6, 8, 10, 12].map((seconds) => new Date(start + seconds * 1_000).toISOString())
    expect([...cluster.fired]).toEqual(expected.map((iso) => [iso, 1]))
    await second!.pkg.close!()
  })

  it('are not looked for any more once those of a controller that is gone are taken', async () => {
    const cluster = new Cluster()
    const [first, second] = await cluster.start(2)
    await first!.feed({ lifecycleEvent: 'CREATE', triggerName: 't', cron: '0 0 1 1 *' })
    first!.freezer.frozen = true
    await cluster.pass(10_000)
    const scan = vi.spyOn(cluster.entityStore, 'scan')
    await cluster.pass(60_000)
    expect(scan.mock.calls.map(([options]) => options!.prefix)).not.toContain('whisk.system/alarmSchedules/')
    expect(await cluster.entityStore.get('whisk.system/alarmControllers/0')).toBeUndefined()
    // It comes back, is heard again, and has lost nothing that it did not lose before.
    first!.freezer.thaw()
    await cluster.pass(3_000)
    expect(await cluster.entityStore.get('whisk.system/alarmControllers/0')).toBeDefined()
    await Promise.all([first!.pkg.close!(), second!.pkg.close!()])
  })

  it('are fired once for each occurrence, however their controllers stop and go on', async () => {
    const step = fc.record({ member: fc.integer({ min: 0, max: 2 }), forMs: fc.integer({ min: 100, max: 25_000 }) })
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 3, maxLength: 8 }), async (steps) => {
        const cluster = new Cluster()
        const members = await cluster.start(3)
        const start = cluster.clock.now()
        await members[0]!.feed({ lifecycleEvent: 'CREATE', triggerName: 't', cron: '*/10 * * * * *', missed: 'all' })
        for (const { member, forMs } of steps) {
          const { freezer } = members[member]!
          freezer.frozen = true
          await cluster.pass(forMs)
          freezer.thaw()
          await cluster.pass(forMs % 3_000)
        }
        await cluster.pass(40_000)
        const end = cluster.clock.now()
        expect(occurrences(cluster, start + 10_000, end - 20_000)).toEqual([])
        expect(new Set(cluster.fired.values())).toEqual(new Set([1]))
        for (const { pkg } of members) await pkg.close!()
      }),
      { numRuns: 25, seed: 3 },
    )
  }, 120_000)
})
