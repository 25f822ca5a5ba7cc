import { silentLogger, VirtualClock } from '@stemcell/core'
import { expect, it } from 'vitest'
import { MemoryWatch } from '../src/memory/memory-watch.ts'

function watchWith(memoryOf: (pid: number) => number): {
  readonly clock: VirtualClock
  readonly exceeded: number[]
  readonly warnings: string[]
} {
  const clock = new VirtualClock()
  const warnings: string[] = []
  const logger = { ...silentLogger, warn: (_fields: object, message: string) => void warnings.push(message) }
  const watch = new MemoryWatch(clock, 50, logger, (pid) => ({ look: () => memoryOf(pid) }))
  const exceeded: number[] = []
  watch.add({ pid: 7, limitBytes: 100, busy: true, exceeded: (bytes) => void exceeded.push(bytes) })
  return { clock, exceeded, warnings }
}

it('a look for which there is no descriptor left ends nothing, and later ones judge again', async () => {
  let looks = 0
  const { clock, exceeded, warnings } = watchWith(() => {
    if (++looks <= 3) throw Object.assign(new Error('too many open files'), { code: 'EMFILE' })
    return 101
  })
  await clock.advance(150)
  expect([looks, exceeded, warnings.length]).toEqual([3, [], 1])
  await clock.advance(50)
  expect(exceeded).toEqual([101])
})

it('looks at many processes in several turns, at all of them in each round', async () => {
  const clock = new VirtualClock()
  const looks: number[] = []
  const watch = new MemoryWatch(clock, 50, silentLogger, (pid) => ({
    look: () => {
      looks.push(pid)
      return 0
    },
  }))
  const all = Array.from({ length: 10 }, (_, pid) => pid)
  for (const pid of all) watch.add({ pid, limitBytes: 100, busy: true, exceeded: () => undefined })
  await clock.advance(50)
  expect(looks).toEqual([0, 1, 2, 3])
  await clock.advance(49)
  expect(looks).toEqual(all)
  await clock.advance(50)
  expect(looks).toEqual([...all, ...all])
})
