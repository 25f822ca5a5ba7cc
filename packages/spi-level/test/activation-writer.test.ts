import { activationText, type Activation } from '@stemcell/core'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { ActivationWriter } from '../src/activation-writer.ts'
import { activationKeys } from '../src/level-activation-store.ts'
import { LevelDatabase } from '../src/level-database.ts'
import { parseLevelOptions } from '../src/level-stores-options.ts'

describe('the writer of activation records', () => {
  let database: LevelDatabase
  let writer: ActivationWriter
  let texts: number

  beforeEach(async () => {
    const dir = await mkdtemp(join(tmpdir(), 'stemcell-level-'))
    database = await LevelDatabase.open(parseLevelOptions({ dir, sync: false }))
    writer = new ActivationWriter(activationKeys())
    texts = 0
  })

  afterEach(async () => {
    await database.close()
    await rm(database.settings.dir, { recursive: true })
  })

  function put(index: number, logs: string[] = []): Promise<string> {
    const activation = activationOf(index, logs)
    return writer.put(database, activation, () => {
      texts++
      return activationText(activation)
    })
  }

  it('writes in few batches, the first at once', async () => {
    const commit = vi.spyOn(database.commits, 'commit')
    await Promise.all(Array.from({ length: 1000 }, (_, index) => put(index)))
    expect(commit).toHaveBeenCalledTimes(2)
  })

  it('holds a bounded number of records and lets the others wait', async () => {
    const all = Promise.all(Array.from({ length: 5000 }, (_, index) => put(index)))
    expect(texts).toBe(2000)
    expect(new Set(await all)).toEqual(new Set(['stored']))
    expect(texts).toBe(5000)
  })

  it('holds a bounded amount of text', async () => {
    const megabytes = ['x'.repeat(8 * 1024 ** 2)]
    const all = Promise.all(Array.from({ length: 12 }, (_, index) => put(index, megabytes)))
    expect(texts).toBe(8)
    expect(new Set(await all)).toEqual(new Set(['stored']))
  })

  it('answers everyone, also when those who waited have nothing to write', async () => {
    const refusing = (): never => {
      throw new Error('too large')
    }
    const outcomes = await Promise.allSettled(
      Array.from({ length: 7000 }, (_, index) =>
        index < 2000 ? put(index) : writer.put(database, activationOf(index), refusing),
      ),
    )
    expect(outcomes.filter(({ status }) => status === 'rejected')).toHaveLength(5000)
  })

  it('tries a record itself when the earlier one of its id could not be written', async () => {
    vi.spyOn(database.commits, 'commit').mockRejectedValueOnce(new Error('disk full'))
    const [first, second] = await Promise.allSettled([put(1), put(1)])
    expect(first.status).toBe('rejected')
    expect(second).toEqual({ status: 'fulfilled', value: 'stored' })
  })
})

function activationOf(index: number, logs: readonly string[] = []): Activation {
  return {
    namespace: 'ns',
    name: 'a',
    version: '0.0.1',
    subject: 's',
    activationId: index.toString(16).padStart(32, '0'),
    start: index,
    publish: false,
    response: { statusCode: 0 },
    logs,
    annotations: [],
  }
}
