import { activationText, adapterContext, VirtualClock, type Activation } from '@stemcell/core'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { recordKey } from '@stemcell/core/sorted-store'
import { activationKeys, type ActivationWriter } from '../src/activation-writer.ts'
import { LevelDatabase } from '../src/level-database.ts'
import { parseLevelOptions } from '../src/level-stores-options.ts'

describe('the writer of activation records', () => {
  let clock: VirtualClock
  let database: LevelDatabase
  let writer: ActivationWriter
  let texts: number

  beforeEach(async () => {
    clock = new VirtualClock()
    const dir = await mkdtemp(join(tmpdir(), 'stemcell-level-'))
    database = await LevelDatabase.open(parseLevelOptions({ dir, sync: false }), adapterContext({ clock }))
    writer = database.activations
    texts = 0
  })

  afterEach(async () => {
    await database.close()
    await rm(database.settings.dir, { recursive: true })
  })

  async function put(index: number, logs: string[] = []): Promise<string> {
    const activation = activationOf(index, logs)
    return writer.put(activation, () => {
      texts++
      return activationText(activation)
    })
  }

  const stored = (index: number): boolean =>
    database.db.getSync(recordKey(activationKeys(), 'ns', activationOf(index).activationId)) !== undefined

  it('answers before the database has the record, finds it, and writes it within 50 ms', async () => {
    const commit = vi.spyOn(database.commits, 'commit')
    expect(await put(1)).toBe('stored')
    expect(await put(1)).toBe('exists')
    expect([stored(1), commit.mock.calls.length]).toEqual([false, 0])
    expect(await writer.find('ns', activationOf(1).activationId)).toBe(activationText(activationOf(1)))
    await clock.advance(50)
    await writer.flush()
    expect([stored(1), commit.mock.calls.length]).toEqual([true, 1])
    expect(writer.find('ns', activationOf(1).activationId)).toBeUndefined()
    expect(await put(1)).toBe('exists')
  })

  it('writes in few batches, without waiting for the clock when there are many', async () => {
    const commit = vi.spyOn(database.commits, 'commit')
    await Promise.all(Array.from({ length: 1000 }, (_, index) => put(index)))
    await vi.waitUntil(() => stored(0))
    await writer.flush()
    expect(commit.mock.calls.length).toBeLessThan(5)
    expect(stored(999)).toBe(true)
  })

  it('holds a bounded number of records and lets the others wait', async () => {
    const all = Promise.all(Array.from({ length: 5000 }, (_, index) => put(index)))
    expect(texts).toBe(2000)
    expect(new Set(await all)).toEqual(new Set(['stored']))
    expect(texts).toBe(5000)
  })

  it('holds a bounded amount of summaries', async () => {
    // Its text is large enough for the rows to have a summary, and the rest of it is all in that.
    const annotations = [{ key: 'a', value: 'x'.repeat(8 * 1024 ** 2) }]
    const makeText = (): string => 'x'.repeat(5000 + texts++)
    const all = Promise.all(
      Array.from({ length: 9 }, async (_, index) => writer.put({ ...activationOf(index), annotations }, makeText)),
    )
    expect(texts).toBe(8)
    expect(new Set(await all)).toEqual(new Set(['stored']))
  })

  it('holds no texts, however large they are', async () => {
    const megabyte = ['x'.repeat(1024 ** 2)]
    const all = Promise.all(Array.from({ length: 70 }, (_, index) => put(index, megabyte)))
    expect(texts).toBe(70)
    expect(new Set(await all)).toEqual(new Set(['stored']))
  })

  it('answers everyone, also when those who waited have nothing to write', async () => {
    const refusing = (): never => {
      throw new Error('too large')
    }
    const outcomes = await Promise.allSettled(
      Array.from({ length: 7000 }, async (_, index) =>
        index < 2000 ? put(index) : writer.put(activationOf(index), refusing),
      ),
    )
    expect(outcomes.filter(({ status }) => status === 'rejected')).toHaveLength(5000)
  })

  it('takes nothing more while the database refuses what it has, and goes on once it does not', async () => {
    const commit = vi.spyOn(database.commits, 'commit').mockRejectedValue(new Error('disk full'))
    expect(await put(1)).toBe('stored')
    await expect(writer.flush()).rejects.toThrow('disk full')
    await expect(put(2)).rejects.toThrow('disk full')
    await expect((async () => writer.putProvisional('o', activationOf(3), 'text'))()).rejects.toThrow('disk full')
    expect(texts).toBe(1)
    commit.mockRestore()
    await clock.advance(1000)
    await vi.waitUntil(() => stored(1))
    expect(await put(2)).toBe('stored')
    await writer.flush()
    expect(stored(2)).toBe(true)
  })

  it('keeps its journal bounded, however many records are provisional, discarded and stored', async () => {
    const journal = join(database.settings.dir, 'activations.journal')
    const { statSync } = await import('node:fs')
    const logs = ['x'.repeat(10_000)]
    let largest = 0
    for (let index = 0; index < 3000; index++) {
      await writer.putProvisional('owner', activationOf(index), activationText(activationOf(index, logs)))
      if (index % 3 === 0) await put(index, logs)
      else if (index % 3 === 1) writer.discardProvisional('owner', 'ns', activationOf(index).activationId)
      else if (index >= 300) writer.discardProvisional('owner', 'ns', activationOf(index - 300).activationId)
      if (index % 50 === 0) await writer.flush()
      largest = Math.max(largest, statSync(journal).size)
    }
    expect(largest).toBeLessThan(8 * 1024 ** 2)
    expect(await writer.finalizeOrphans('owner')).toBe(100)
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
