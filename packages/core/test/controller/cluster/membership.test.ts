import { afterEach, describe, expect, it } from 'vitest'
import { GONE_AFTER_MS, Membership, MEMBER_SILENCE_MS } from '../../../src/controller/cluster/membership.ts'
import { adapterContext, MemoryQueue, silentLogger, VirtualClock } from '../../../src/index.ts'

/** A clock of a process that may stand still, while time goes on. */
class StoppableClock extends VirtualClock {
  #missedMs = 0

  override monotonic(): number {
    return super.monotonic() + this.#missedMs
  }

  standStill(ms: number): void {
    this.#missedMs += ms
  }
}

class Rig {
  readonly clock = new StoppableClock()
  readonly queue = new MemoryQueue({}, { ...adapterContext(), clock: this.clock })
  readonly gone: string[] = []
  readonly members = new Map<string, Membership>()

  async join(controllerId: string): Promise<Membership> {
    await this.queue.open()
    const { clock, queue } = this
    const member = new Membership({
      controllerId,
      queue,
      clock,
      logger: silentLogger,
      onChange: () => undefined,
      onGone: (id) => this.gone.push(`${controllerId} misses ${id}`),
    })
    await member.open()
    this.members.set(controllerId, member)
    return member
  }
}

const rigs: Rig[] = []
function rig(): Rig {
  const made = new Rig()
  rigs.push(made)
  return made
}
afterEach(async () => {
  for (const { members } of rigs.splice(0)) for (const member of members.values()) await member.close()
})

describe('membership', () => {
  it('counts those that speak, and has one that is the first', async () => {
    const { clock, join } = bound(rig())
    const a = await join('a')
    expect([a.size, a.isFirst]).toEqual([1, true])
    const b = await join('b')
    await clock.advance(2_000)
    expect([a.size, b.size]).toEqual([2, 2])
    expect([a.isFirst, b.isFirst]).toEqual([true, false])
  })

  it('does not count the silent, and misses them once when they stay away', async () => {
    const { clock, join, gone } = bound(rig())
    const a = await join('a')
    const b = await join('b')
    await clock.advance(2_000)
    await a.close()
    await clock.advance(MEMBER_SILENCE_MS + 2_000)
    expect([b.size, b.isFirst]).toEqual([1, true])
    expect(gone).toEqual([])
    await clock.advance(GONE_AFTER_MS)
    expect(gone).toEqual(['b misses a'])
  })

  it('takes nobody for dead after it stood still itself', async () => {
    const { clock, join, gone } = bound(rig())
    const a = await join('a')
    await join('b')
    await clock.advance(2_000)
    clock.standStill(2 * GONE_AFTER_MS)
    // The timer that is due first finds that nobody was heard for long.
    await clock.advance(1_000)
    expect([a.size, gone, a.mayLive('b'), a.mayLive('never seen')]).toEqual([2, [], true, true])
  })

  it('does not count one that leaves, and lets it finish', async () => {
    const { clock, join, gone } = bound(rig())
    const a = await join('a')
    const b = await join('b')
    await clock.advance(2_000)
    await a.leave()
    await clock.advance(1)
    expect([b.size, b.isFirst, a.isFirst]).toEqual([1, true, false])
    expect([gone, b.mayLive('a')]).toEqual([[], true])
    await a.close()
    await clock.advance(GONE_AFTER_MS + 2_000)
    expect([gone, b.mayLive('a')]).toEqual([['b misses a'], false])
  })
})

function bound(made: Rig) {
  return { clock: made.clock, gone: made.gone, join: (id: string) => made.join(id) }
}
