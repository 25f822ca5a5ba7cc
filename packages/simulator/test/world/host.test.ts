import { VirtualClock } from '@stemcell/core'
import { describe, expect, it } from 'vitest'
import { Host } from '../../src/world/host.ts'

describe('a simulated process', () => {
  it('gets what comes while it stands still later, and in order', async () => {
    const world = new VirtualClock()
    const host = new Host('invoker0', world)
    const seen: string[] = []
    host.setTimer(10, () => seen.push('timer'))
    host.freeze()
    host.enter(() => seen.push('message'))
    await world.advance(20)
    host.enter(() => seen.push('answer'))
    expect(seen).toEqual([])
    host.thaw()
    // What comes while it catches up has to wait for its turn.
    host.enter(() => seen.push('last'))
    await world.advance(0)
    expect(seen).toEqual(['message', 'timer', 'answer', 'last'])
    expect(host.isRunning).toBe(true)
  })

  it('does nothing more once it is dead, whatever it had begun', async () => {
    const world = new VirtualClock()
    const host = new Host('invoker0', world)
    const seen: string[] = []
    host.setTimer(10, () => seen.push('timer'))
    void host.sleep(5).then(() => seen.push('slept'))
    host.freeze()
    host.enter(() => seen.push('message'))
    host.kill()
    host.thaw()
    host.enter(() => seen.push('answer'))
    await world.advance(100)
    expect(seen).toEqual([])
    expect(host.isDead).toBe(true)
  })

  it('has a clock of its own, by which no timer is early', async () => {
    const world = new VirtualClock(1_000_000)
    await world.advance(500)
    const host = new Host('controller0', world, { rate: 1.01, offsetMs: -300 })
    expect([host.monotonic(), host.now()]).toEqual([0, 1_000_200])
    let rangMs = 0
    host.setTimer(1_000, () => (rangMs = host.monotonic()))
    await world.advance(10_000)
    expect(rangMs).toBeGreaterThanOrEqual(1_000)
    expect(rangMs).toBeLessThan(1_002)
    expect([host.monotonic(), host.now()]).toEqual([10_100, 1_010_300])
  })

  it('shows another wall time when that of its machine is set; what it measures, and its timers, do not jump', async () => {
    const world = new VirtualClock(1_000_000)
    const wall = { jumpedMs: 0 }
    const host = new Host('invoker0', world, undefined, wall)
    let rang = false
    host.setTimer(1_000, () => (rang = true))
    wall.jumpedMs = 60_000
    await world.advance(999)
    expect([host.now(), host.monotonic(), rang]).toEqual([1_060_999, 999, false])
    wall.jumpedMs = -60_000
    await world.advance(1)
    expect([host.now(), host.monotonic(), rang]).toEqual([941_000, 1_000, true])
    expect(new Host('invoker0', world, undefined, wall).now()).toBe(941_000)
  })

  it('says when something has come in, and when it went on after it had stood still', async () => {
    const world = new VirtualClock()
    const host = new Host('invoker0', world)
    host.enter(() => undefined)
    host.freeze()
    host.enter(() => undefined)
    expect([host.entered, host.thawedMs]).toEqual([1, -Infinity])
    await world.advance(70)
    host.thaw()
    await world.advance(0)
    expect([host.entered, host.thawedMs]).toEqual([2, 70])
  })

  it('cancels what was set, also what had become due while it stood still', async () => {
    const world = new VirtualClock()
    const host = new Host('invoker0', world)
    let rang = false
    const timer = host.setTimer(10, () => (rang = true))
    host.freeze()
    await world.advance(20)
    host.thaw()
    timer.cancel()
    await world.advance(20)
    expect(rang).toBe(false)
  })
})
