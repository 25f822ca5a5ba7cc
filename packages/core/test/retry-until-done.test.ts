import { setImmediate as turn } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { retryUntilDone } from '../src/retry-until-done.ts'
import { VirtualClock } from '../src/time/virtual-clock.ts'

it('is no leak in the eyes of Node.js while many wait for one signal', async () => {
  const warnings: Error[] = []
  const note = (warning: Error): void => void warnings.push(warning)
  process.on('warning', note)
  try {
    const clock = new VirtualClock()
    const giveUp = new AbortController()
    let isAway = true
    const attempt = (): Promise<string> => (isAway ? Promise.reject(new Error('away')) : Promise.resolve('done'))
    const outcomes = Promise.all(
      Array.from({ length: 50 }, async () =>
        retryUntilDone(clock, giveUp.signal, attempt, { onFailure: () => undefined }),
      ),
    )
    await clock.advance(40)
    // Warnings are told in a turn of their own.
    await turn()
    isAway = false
    await clock.advance(10_000)
    expect(new Set(await outcomes)).toEqual(new Set(['done']))
    expect(warnings).toEqual([])
  } finally {
    process.off('warning', note)
  }
})
