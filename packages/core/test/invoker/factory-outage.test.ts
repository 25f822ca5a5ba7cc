import { expect, it } from 'vitest'
import { PlatformError } from '../../src/errors.ts'
import { isJsonObject } from '../../src/model/json.ts'
import { annotation, InvokerBench } from './fakes/invoker-bench.ts'

const OUTAGE_MS = 60_000
const OWNER = { platform: 'test', invoker: 'invoker0' }

it('survives a minute in which no container can be made: each activation ends once, warm ones run, all recovers', async () => {
  let isDown = false
  let attempts = 0
  const bench = new InvokerBench({
    manifest: {
      runtimes: {
        nodejs: [{ kind: 'nodejs:20', image: { name: 'n' }, stemCells: [{ initialCount: 2, memory: '256 MB' }] }],
      },
    },
    containers: {
      behaviour: {
        create: () => {
          attempts++
          return { delayMs: 50, ...(isDown ? { failure: new PlatformError('ERR_UNAVAILABLE', 'engine down') } : {}) }
        },
      },
    },
  })
  await bench.open()
  await bench.define({ name: 'warm', limits: { memory: 128 } })
  await bench.define({ name: 'cold', limits: { memory: 512 } })
  const call = (name: string): Promise<string> => bench.send({ action: { path: 'guest', name } })
  await bench.run({ action: { path: 'guest', name: 'warm' } })
  await bench.clock.advance(1_000)

  isDown = true
  attempts = 0
  const ids: { readonly name: string; readonly id: string }[] = []
  for (let second = 0; second < OUTAGE_MS / 1_000; second++) {
    for (const name of ['warm', 'cold']) ids.push({ name, id: await call(name) })
    await bench.clock.advance(1_000)
  }
  for (const { name, id } of ids) {
    const record = await bench.record(id)
    const result = record.response.result?.value
    expect([name, record.response.statusCode, isJsonObject(result) && result['error']]).toEqual(
      name === 'warm' ? ['warm', 0, undefined] : ['cold', 3, 'Failed to provision resources to run the action.'],
    )
    expect(bench.acksOf(id).filter(({ completion }) => completion)).toHaveLength(1)
  }
  // One for each activation without a container, and a handful for the stem cells, which were all there.
  expect(attempts).toBeLessThan(OUTAGE_MS / 1_000 + 20)

  isDown = false
  const record = await bench.run({ action: { path: 'guest', name: 'cold' } })
  expect(record.response.statusCode).toBe(0)
  expect(annotation(record, 'acquired')).toMatchObject({ how: 'cold' })
  await bench.close()
  expect(await bench.containers.list(OWNER)).toEqual([])
  expect(bench.clock.nextDueMs).toBeUndefined()
})
