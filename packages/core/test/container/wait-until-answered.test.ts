import { expect, it } from 'vitest'
import { isPlatformError } from '@stemcell/core'
import { waitUntilAnswered } from '../../src/container/transport/wait-until-answered.ts'
import { StoppedClock } from '../time/stopped-clock.ts'

const endpoint = { host: '127.0.0.1', port: 1 }

it('a runtime has all its time to answer, also when this process stands still meanwhile', async () => {
  const clock = new StoppedClock()
  let answers = false
  const waiting = waitUntilAnswered({ endpoint, clock }, async () => answers, 5_000, undefined)
  await clock.advance(2_000)
  clock.stoodStillMs = 60_000
  await clock.advance(2_900)
  answers = true
  await clock.advance(100)
  await expect(waiting).resolves.toBeUndefined()
})

it('a runtime that does not answer is given up at its time, and leaves no timer', async () => {
  const clock = new StoppedClock()
  const waiting = waitUntilAnswered({ endpoint, clock }, async () => false, 5_000, undefined)
  const gaveUp = expect(waiting).rejects.toSatisfy((error: unknown) => isPlatformError(error, 'ERR_TIMEOUT'))
  await clock.advance(5_100)
  await gaveUp
  await clock.advance(5_000)
  expect(clock.nextDueMs).toBeUndefined()
})
