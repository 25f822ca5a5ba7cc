import { adapterContext, type Activation } from '@stemcell/core'
import fc from 'fast-check'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { hashOfKey, KeyFilter } from '../src/known-records/key-filter.ts'
import { LevelDatabase } from '../src/level-database.ts'
import { parseLevelOptions } from '../src/level-stores-options.ts'

const idOf = (index: number): string => index.toString(16).padStart(32, '0')
const keyOf = (index: number): string => `adns/${idOf(index)}`

describe('a filter of keys', () => {
  it('never misses a key that was added', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'binary', maxLength: 50 }), { maxLength: 50 }), (keys) => {
        const filter = new KeyFilter(100)
        for (const key of keys) filter.add(hashOfKey(key))
        expect(keys.every((key) => filter.mayHave(hashOfKey(key)))).toBe(true)
      }),
    )
  })

  it('takes few others for one of them, also where they differ in one digit, in ten bits a key', () => {
    const filter = new KeyFilter(100_000)
    for (let index = 0; index < 100_000; index++) filter.add(hashOfKey(keyOf(index)))
    let wrong = 0
    for (let index = 100_000; index < 200_000; index++) if (filter.mayHave(hashOfKey(keyOf(index)))) wrong++
    expect(wrong).toBeLessThan(2000)
    expect(filter.bytes).toBeLessThanOrEqual(125_004)
  })
})

describe('what is known of the records in a database', () => {
  let dir: string
  let database: LevelDatabase

  beforeEach(() => (dir = mkdtempSync(join(tmpdir(), 'stemcell-known-'))))

  afterEach(async () => {
    await database.close()
    rmSync(dir, { recursive: true })
  })

  async function open(): Promise<void> {
    database = await LevelDatabase.open(parseLevelOptions({ dir, sync: false }), adapterContext())
  }

  const learnt = () => vi.waitUntil(() => database.activations.known.isReady)
  const put = async (index: number) => database.activations.put(recordOf(index), () => JSON.stringify(recordOf(index)))

  it('lets new records be stored without a read of the database, and none twice', async () => {
    await open()
    for (let index = 0; index < 500; index++) await put(index)
    await database.close()
    await open()
    await learnt()
    const reads = vi.spyOn(database.db, 'getSync')
    const outcomes = []
    for (let index = 1000; index < 1100; index++) outcomes.push(await put(index))
    expect(reads.mock.calls.filter(([key]) => String(key).startsWith('ad')).length).toBeLessThan(10)
    for (let index = 0; index < 500; index++) outcomes.push(await put(index))
    await database.activations.flush()
    for (let index = 1000; index < 1100; index++) outcomes.push(await put(index))
    expect(outcomes.map((outcome) => outcome === 'stored')).toEqual(outcomes.map((_, place) => place < 100))
  })

  it('is right about records that are stored while it is learnt', async () => {
    await open()
    const known = database.activations.known
    await learnt()
    for (let round = 0; round < 8; round++) {
      known.learn()
      for (let index = 0; index < 50; index++) {
        expect(await put(round * 50 + index)).toBe('stored')
        expect(await put(round * 50 + index)).toBe('exists')
        if (index % 10 === 0) await database.activations.flush()
      }
    }
    for (let index = 0; index < 400; index++) expect(known.mayHave(hashOfKey(keyOf(index)))).toBe(true)
  })

  it('stays as it was when the keys cannot be read anew', async () => {
    await open()
    await learnt()
    await put(1)
    const keys = vi.spyOn(database.db, 'keys').mockImplementation(() => {
      throw Object.assign(new Error('damaged'), { code: 'LEVEL_CORRUPTION' })
    })
    database.activations.known.learn()
    await vi.waitFor(() => expect(keys).toHaveBeenCalled())
    expect([await put(1), await put(2)]).toEqual(['exists', 'stored'])
    keys.mockRestore()
  })
})

function recordOf(index: number): Activation {
  return {
    namespace: 'ns',
    name: 'a',
    version: '0.0.1',
    subject: 's',
    activationId: idOf(index),
    start: index,
    publish: false,
    response: { statusCode: 0 },
    logs: [],
    annotations: [],
  }
}
