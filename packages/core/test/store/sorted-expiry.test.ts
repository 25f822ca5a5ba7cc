import { adapterContext, type Activation } from '@stemcell/core'
import { MemorySortedBackend, SortedActivationStore, type SortedRange } from '@stemcell/core/sorted-store'
import { expect, it } from 'vitest'

const record = (namespace: string, index: number): Activation => ({
  namespace,
  name: 'a',
  version: '0.0.1',
  subject: 's',
  activationId: index.toString(16).padStart(32, '0'),
  start: index,
  publish: false,
  response: { statusCode: 0 },
  logs: [],
  annotations: [],
})

it('a namespace that fills every call keeps no other from being looked at', async () => {
  const store = new SortedActivationStore({ backend: new MemorySortedBackend(), letter: 'a' }, adapterContext())
  await store.open()
  let next = 0
  const fill = async (): Promise<void> => {
    for (let count = 0; count < 1000; count++) await store.put(record('busy', next++))
  }
  await fill()
  for (let index = 0; index < 5; index++) await store.put(record('quiet', index))
  expect(await store.expire({ maxPerNamespace: 0 })).toBe(1000)
  await fill()
  expect(await store.expire({ maxPerNamespace: 0 })).toBe(1000)
  expect(await store.count({ namespace: 'quiet' })).toBe(0)
  expect(await store.expire({ maxPerNamespace: 0 })).toBe(5)
})

it('old records are found without counting them all', async () => {
  const read: SortedRange[] = []
  class Watched extends MemorySortedBackend {
    override range(range: SortedRange): ReturnType<MemorySortedBackend['range']> {
      read.push(range)
      return super.range(range)
    }

    override count(): number {
      throw new Error('counted')
    }
  }
  const store = new SortedActivationStore({ backend: new Watched(), letter: 'a' }, adapterContext())
  await store.open()
  for (let index = 0; index < 1200; index++) await store.put(record('ns', index))
  expect(await store.expire({ before: 1100 })).toBe(1000)
  expect(Math.max(...read.map(({ limit }) => limit))).toBe(1000)
  expect(await store.expire({ before: 1100 })).toBe(100)
})
