import { assemble, memoryContainers, tokens, VirtualClock, type Activation } from '@stemcell/core'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { levelStores } from '../src/index.ts'

let dir: string

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'stemcell-retention-'))
})

afterEach(() => rm(dir, { recursive: true, force: true }))

function record(index: number, start: number): Activation {
  return {
    namespace: 'ns',
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

it('a platform on Level lets go of records that are too old, more than one call removes, and keeps the others', async () => {
  const clock = new VirtualClock()
  const retention = { maxAgeMs: 3_600_000, everyMs: 60_000 }
  const platform = await assemble({ containers: memoryContainers(), ...levelStores({ dir }), clock, retention })
  const store = platform.use(tokens.ACTIVATION_STORE)
  // Written together: Level gathers records for a moment of the platform's clock.
  const writes = Array.from({ length: 2500 }, async (_, index) =>
    store.put(record(index, clock.now() - (index % 5 === 0 ? 0 : 7_200_000))),
  )
  await clock.advance(1000)
  await Promise.all(writes)
  expect(await store.count({ namespace: 'ns' })).toBe(2500)
  await expect
    .poll(
      async () => {
        await clock.advance(10_000)
        return store.count({ namespace: 'ns' })
      },
      { timeout: 20_000 },
    )
    .toBe(500)
  await platform.close()
})
