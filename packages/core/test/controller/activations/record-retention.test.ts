import { describe, expect, it } from 'vitest'
import { RecordRetention, type RetentionOptions } from '../../../src/controller/activations/record-retention.ts'
import { PlatformError } from '../../../src/errors.ts'
import { assemble, memoryContainers, tokens } from '../../../src/index.ts'
import { silentLogger, type Logger } from '../../../src/log.ts'
import type { Activation } from '../../../src/model/activation.ts'
import type { ActivationRetention } from '../../../src/store/activation-store.ts'
import { MemoryActivationStore } from '../../../src/store/memory-activation-store.ts'
import { SeededRandom } from '../../../src/time/seeded-random.ts'
import { VirtualClock } from '../../../src/time/virtual-clock.ts'

const DAY_MS = 86_400_000
const HOUR_MS = 3_600_000

function record(namespace: string, index: number, start: number): Activation {
  return {
    namespace,
    name: 'a',
    version: '0.0.1',
    subject: 'someone',
    activationId: index.toString(16).padStart(32, '0'),
    start,
    end: start,
    duration: 0,
    publish: false,
    response: { statusCode: 0 },
    logs: [],
    annotations: [],
  }
}

class Watched extends MemoryActivationStore {
  readonly calls: { readonly at: number; readonly retention: ActivationRetention }[] = []
  readonly #clock: VirtualClock
  /** What the next calls answer, instead of removing anything. */
  scripted: (number | PlatformError)[] = []

  constructor(clock: VirtualClock) {
    super()
    this.#clock = clock
  }

  override async expire(retention: ActivationRetention): Promise<number> {
    this.calls.push({ at: this.#clock.monotonic(), retention })
    const answer = this.scripted.shift()
    if (answer instanceof PlatformError) throw answer
    return answer ?? super.expire(retention)
  }
}

async function rig(options: RetentionOptions, { seed = 1, logger = silentLogger } = {}) {
  const clock = new VirtualClock()
  const store = new Watched(clock)
  await store.open()
  const random = new SeededRandom(seed)
  const retention = new RecordRetention(options, { activationStore: store, clock, random, logger })
  return { clock, store, retention }
}

describe('a platform', () => {
  it('keeps records for 7 days when it is told nothing', async () => {
    const clock = new VirtualClock()
    const platform = await assemble({ containers: memoryContainers(), clock })
    const store = platform.use(tokens.ACTIVATION_STORE)
    const now = clock.now()
    await store.put(record('ns', 1, now - 7 * DAY_MS + HOUR_MS))
    await store.put(record('ns', 2, now - 7 * DAY_MS - 1))
    await clock.advance(5 * 60_000)
    expect(await store.count({ namespace: 'ns' })).toBe(1)
    await clock.advance(2 * HOUR_MS)
    expect(await store.count({ namespace: 'ns' })).toBe(0)
    await platform.close()
  })

  it('keeps them for ever when retention is off', async () => {
    const clock = new VirtualClock()
    const platform = await assemble({ containers: memoryContainers(), clock, retention: false })
    const store = platform.use(tokens.ACTIVATION_STORE)
    await store.put(record('ns', 1, 1))
    await clock.advance(HOUR_MS)
    expect(await store.count({ namespace: 'ns' })).toBe(1)
    await platform.close()
  })

  it('stops when it is closed', async () => {
    const { clock, store, retention } = await rig({ maxAgeMs: 1 })
    await retention.open()
    await clock.advance(10 * 60_000)
    const calls = store.calls.length
    expect(calls).toBeGreaterThan(0)
    await retention.close()
    await clock.advance(HOUR_MS)
    expect(store.calls).toHaveLength(calls)
    expect(clock.nextDueMs).toBeUndefined()
  })

  it.each<[RetentionOptions, string]>([
    [{}, 'retention: give maxAgeMs or maxPerNamespace, or false'],
    [{ everyMs: 1 }, 'retention: give maxAgeMs or maxPerNamespace, or false'],
    [{ maxAgeMs: 0 }, 'retention.maxAgeMs: Too small'],
    [{ maxAgeMs: Number.NaN }, 'retention.maxAgeMs: Invalid input: expected number, received NaN'],
    [{ maxPerNamespace: -1 }, 'retention.maxPerNamespace: Too small'],
    [{ maxPerNamespace: 1.5 }, 'retention.maxPerNamespace: Invalid input'],
    [{ maxAgeMs: 1, everyMs: 0 }, 'retention.everyMs: Too small'],
    [{ maxAgeMS: 1 } as RetentionOptions, 'did you mean "maxAgeMs"?'],
  ])('refuses %j at start', async (retention, why) => {
    await expect(assemble({ containers: memoryContainers(), retention })).rejects.toThrow(why)
  })
})

describe('retention', () => {
  it('keeps the latest records of each namespace', async () => {
    const { clock, store, retention } = await rig({ maxPerNamespace: 2 })
    for (let index = 0; index < 5; index++) {
      await store.put(record('many', index, 1000 + index))
      if (index < 2) await store.put(record('few', index, index))
    }
    await retention.open()
    await clock.advance(2 * 60_000)
    expect([await store.count({ namespace: 'many' }), await store.count({ namespace: 'few' })]).toEqual([2, 2])
    expect(store.calls[0]?.retention).toEqual({ maxPerNamespace: 2 })
    await retention.close()
  })

  it('does bounded work at once and goes on a second later while there is more', async () => {
    const { clock, store, retention } = await rig({ maxAgeMs: 1, everyMs: HOUR_MS })
    store.scripted = Array<number>(23).fill(1000)
    await retention.open()
    await clock.advance(HOUR_MS)
    const first = store.calls[0]!.at
    expect(store.calls.map(({ at }) => at - first)).toEqual([
      ...Array<number>(10).fill(0),
      ...Array<number>(10).fill(1000),
      ...Array<number>(4).fill(2000),
    ])
    await retention.close()
  })

  it('looks about once in each period, at other moments on each controller', async () => {
    const moments: number[][] = []
    for (const seed of [1, 2, 3]) {
      const { clock, store, retention } = await rig({ maxAgeMs: 1, everyMs: 60_000 }, { seed })
      await retention.open()
      await clock.advance(10 * 60_000)
      const at = store.calls.map((call) => call.at)
      const gaps = at.slice(1).map((moment, index) => moment - at[index]!)
      expect(at[0]).toBeLessThan(60_000)
      expect(Math.min(...gaps)).toBeGreaterThanOrEqual(54_000)
      expect(Math.max(...gaps)).toBeLessThanOrEqual(66_000)
      moments.push(at)
      await retention.close()
    }
    expect(new Set(moments.flat()).size).toBe(moments.flat().length)
  })

  it('on several controllers at once removes what one would', async () => {
    const { clock, store, retention } = await rig({ maxAgeMs: HOUR_MS })
    const parts = { activationStore: store, clock, random: new SeededRandom(1), logger: silentLogger }
    const second = new RecordRetention({ maxAgeMs: HOUR_MS }, parts)
    for (let index = 0; index < 3000; index++) {
      await store.put(record('ns', index, clock.now() - (index % 2 === 0 ? 2 * HOUR_MS : 0)))
    }
    await Promise.all([retention.open(), second.open()])
    await clock.advance(2 * 60_000)
    expect(await store.count({ namespace: 'ns' })).toBe(1500)
    await Promise.all([retention.close(), second.close()])
  })

  it('tries again after the usual time when the store does not answer, and says so', async () => {
    const warned: string[] = []
    const logger: Logger = { ...silentLogger, warn: (_fields, message) => void warned.push(message) }
    const { clock, store, retention } = await rig({ maxAgeMs: 1, everyMs: 60_000 }, { logger })
    store.scripted = [new PlatformError('ERR_UNAVAILABLE', 'gone')]
    await store.put(record('ns', 1, 1))
    await retention.open()
    await clock.advance(3 * 60_000)
    expect(warned).toEqual(['activation records not removed, next attempt after the usual time'])
    expect(await store.count({ namespace: 'ns' })).toBe(0)
    await retention.close()
  })
})
