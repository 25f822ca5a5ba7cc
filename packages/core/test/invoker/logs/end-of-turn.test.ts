import { afterEach, describe, expect, it, vi } from 'vitest'
import { atEndOfTurn, behindEndOfTurn } from '../../../src/invoker/logs/end-of-turn.ts'

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

describe('the end of a turn of the event loop', () => {
  const order: string[] = []
  const note = (what: string) => (): void => void order.push(what)

  afterEach(() => {
    order.length = 0
    vi.restoreAllMocks()
  })

  it('has all who ask in one turn called together, and behind them who waits for what they leave', async () => {
    behindEndOfTurn(note('behind'))
    atEndOfTurn(() => {
      order.push('first')
      behindEndOfTurn(note('behind, asked for at the end'))
    })
    atEndOfTurn(note('second'))
    const calls = vi.spyOn(globalThis, 'setImmediate')
    await turn()
    expect(order).toEqual(['first', 'second', 'behind', 'behind, asked for at the end'])
    expect(calls, 'all in one pass').toHaveBeenCalledTimes(1)
  })

  it('comes for those behind, too, when nobody else asks', async () => {
    behindEndOfTurn(note('behind'))
    await turn()
    expect(order).toEqual(['behind'])
  })

  it('is that of the next turn for who asks in it', async () => {
    atEndOfTurn(() => atEndOfTurn(note('next')))
    behindEndOfTurn(note('behind'))
    await turn()
    expect(order).toEqual(['behind'])
    await turn()
    expect(order).toEqual(['behind', 'next'])
  })

  it('is not taken from the others by one that throws', async () => {
    const scheduled: (() => void)[] = []
    vi.spyOn(globalThis, 'setImmediate').mockImplementation(((callback: () => void) => {
      scheduled.push(callback)
    }) as never)
    const failing = (): void => {
      throw new Error('no')
    }
    behindEndOfTurn(failing)
    behindEndOfTurn(note('behind'))
    atEndOfTurn(failing)
    atEndOfTurn(note('second'))
    expect(scheduled).toHaveLength(1)
    expect(scheduled.pop()).toThrow('no')
    expect(scheduled.pop(), 'the others are still to come').toThrow('no')
    scheduled.pop()!()
    expect([order, scheduled.length]).toEqual([['second', 'behind'], 0])
  })
})
