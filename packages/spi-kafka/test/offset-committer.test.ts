import { VirtualClock } from '@stemcell/core'
import { describe, expect, it } from 'vitest'
import { OffsetCommitter } from '../src/consume/offset-committer.ts'

function setUp(delayMs: number) {
  const clock = new VirtualClock()
  const pending: ((confirmed: boolean) => void)[] = []
  let running = 0
  let most = 0
  const commit = async (): Promise<boolean> => {
    most = Math.max(most, ++running)
    const confirmed = await new Promise<boolean>((resolve) => pending.push(resolve))
    running--
    return confirmed
  }
  const settle = async (confirmed: boolean): Promise<void> => {
    pending.shift()!(confirmed)
    for (let turn = 0; turn < 10; turn++) await Promise.resolve()
  }
  return { clock, committer: new OffsetCommitter({ clock, delayMs, commit }), pending, settle, most: () => most }
}

describe('commits of offsets', () => {
  it('go one after the other, and what comes during one goes with the next', async () => {
    const { committer, pending, settle, most } = setUp(100)
    const first = committer.now()
    const second = committer.now()
    expect(committer.now()).toBe(second)
    expect(pending).toHaveLength(1)
    await settle(true)
    expect(await first).toBe(true)
    expect(pending).toHaveLength(1)
    await settle(false)
    expect(await second).toBe(false)
    expect(most()).toBe(1)
  })

  it('wait for the delay when nobody waits for them, and once for many', async () => {
    const { clock, committer, pending } = setUp(100)
    committer.soon()
    committer.soon()
    await clock.advance(99)
    expect(pending).toHaveLength(0)
    await clock.advance(1)
    expect(pending).toHaveLength(1)
  })

  it('are repeated when they are not confirmed', async () => {
    const { clock, committer, pending, settle } = setUp(0)
    void committer.now()
    await settle(false)
    expect(pending).toHaveLength(0)
    await clock.advance(100)
    expect(pending).toHaveLength(1)
  })
})
