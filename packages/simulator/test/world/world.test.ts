import { describe, expect, it } from 'vitest'
import { World } from '../../src/world/world.ts'

describe('the time of a simulation', () => {
  it('moves on once all that follows from an event is done, what was set with setImmediate included', async () => {
    const world = new World()
    const seen: string[] = []
    for (const name of ['a', 'b']) {
      world.clock.setTimer(10, () => {
        seen.push(`timer ${name}`)
        void Promise.resolve()
          .then(() => seen.push(`promise ${name}`))
          .then(() => setImmediate(() => seen.push(`immediate ${name}`)))
      })
    }
    const native = globalThis.setImmediate
    await world.run(100, () => seen.push(`check ${world.clock.monotonic()}`))
    expect(seen.join(', ')).toBe('timer a, promise a, immediate a, check 10, timer b, promise b, immediate b, check 10')
    expect([world.events, world.clock.monotonic()]).toEqual([2, 100])
    expect(globalThis.setImmediate).toBe(native)
  })

  it('stands still while it is held', async () => {
    const world = new World()
    let rang = false
    world.clock.setTimer(10, () => (rang = true))
    const goOn = world.hold()
    const run = world.run(20, () => undefined)
    await new Promise((resolve) => setImmediate(() => setImmediate(resolve)))
    expect([rang, world.clock.monotonic()]).toEqual([false, 0])
    goOn()
    await run
    expect([rang, world.clock.monotonic()]).toEqual([true, 20])
  })

  it('tells of a check that throws, and gives setImmediate back', async () => {
    const world = new World()
    const native = globalThis.setImmediate
    world.clock.setTimer(10, () => undefined)
    const run = world.run(20, () => {
      throw new Error('found')
    })
    await expect(run).rejects.toThrow('found')
    expect(globalThis.setImmediate).toBe(native)
  })
})
