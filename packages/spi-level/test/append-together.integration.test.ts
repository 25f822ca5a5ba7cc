import { adapterContext, isPlatformError, type Activation, type ActivationStore } from '@stemcell/core'
import { cpSync, mkdtempSync, readFileSync, readlinkSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { levelStores } from '../src/index.ts'
import { scanSegment } from '../src/record-log/log-entry.ts'
import { activationIdOf, recordOf } from './record-of.ts'

vi.mock('node:fs', async (importActual) => {
  const actual = await importActual<typeof import('node:fs')>()
  return { ...actual, writeSync: vi.fn(actual.writeSync) }
})

type Write = (file: number, bytes: Uint8Array, start: number, length: number, position: number) => number

const { writeSync: reallyWrite } = await vi.importActual<{ readonly writeSync: Write }>('node:fs')
const page = { namespace: 'ns', skip: 0, limit: 10_000, full: true } as const

describe('records that are appended together', () => {
  let base: string
  let store: ActivationStore
  const write = vi.mocked(writeSync as Write)

  beforeEach(async () => {
    base = mkdtempSync(join(tmpdir(), 'stemcell-together-'))
    store = storeIn(join(base, 'live'))
    await store.open()
    await store.put(recordOf(1000))
  })

  afterEach(async () => {
    write.mockImplementation(reallyWrite)
    await store.close()
    rmSync(base, { recursive: true })
  })

  const storeIn = (dir: string): ActivationStore => levelStores({ dir }).activationStore.build(adapterContext())
  const groupOf = (count: number, bytes = 0): Activation[] =>
    Array.from({ length: count }, (_, index) => recordOf(index, bytes))
  const putAll = async (records: readonly Activation[]): Promise<readonly string[]> => store.putAll!(records)
  const logged = (): Buffer => readFileSync(join(base, 'live', 'records', '0000000001.records'))
  const unavailable = (error: unknown): boolean => isPlatformError(error, 'ERR_UNAVAILABLE')

  async function startsIn(from: ActivationStore): Promise<number[]> {
    return (await from.list(page)).map(({ start }) => start).toReversed()
  }

  async function afterKill<T>(look: (next: ActivationStore) => Promise<T>): Promise<T> {
    const copy = mkdtempSync(join(base, 'killed-'))
    cpSync(join(base, 'live'), copy, { recursive: true })
    const next = storeIn(copy)
    await next.open()
    try {
      return await look(next)
    } finally {
      await next.close()
    }
  }

  /** The disk takes so many bytes more of the records, and then none. */
  function fullAfter(bytes: number): void {
    let left = bytes
    write.mockImplementation((file, source, start, length, position) => {
      if (!isOfRecords(file)) return reallyWrite(file, source, start, length, position)
      const room = Math.min(left, length)
      if (room === 0) throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' })
      left -= room
      return reallyWrite(file, source, start, room, position)
    })
  }

  it('are one write, and what they would be had each been put', async () => {
    write.mockClear()
    expect(await putAll([...groupOf(20), recordOf(1000), recordOf(3)])).toEqual([
      ...Array.from({ length: 20 }, () => 'stored'),
      'exists',
      'exists',
    ])
    expect(write.mock.calls.filter(([file]) => isOfRecords(file))).toHaveLength(1)
    await afterKill(async (next) => expect(await startsIn(next)).toEqual([...Array(20).keys(), 1000]))
    for (const record of groupOf(20)) {
      expect((await store.get('ns', record.activationId))?.logs).toEqual(record.logs)
    }
  })

  it.each([100, 30_000, 100_000])(
    'are whole where the system writes less than it is given, of %i bytes',
    async (bytes) => {
      write.mockImplementation((file, source, start, length, position) =>
        reallyWrite(file, source, start, Math.min(length, 1 + (length >> 1)), position),
      )
      const group = groupOf(7, bytes)
      expect(new Set(await putAll(group))).toEqual(new Set(['stored']))
      write.mockImplementation(reallyWrite)
      await afterKill(async (next) => {
        for (const record of group) expect((await next.get('ns', record.activationId))?.logs).toEqual(record.logs)
      })
    },
  )

  it.each([0, 1, 1500, 70_000, 150_000])('are none when the disk is full %i bytes further on', async (room) => {
    const before = logged().length
    fullAfter(room)
    const group = groupOf(10, 20_000)
    await expect(putAll(group)).rejects.toSatisfy(unavailable)
    await expect((async () => store.put(recordOf(0, 20_000)))()).rejects.toSatisfy(unavailable)
    for (const { activationId } of group) expect(await store.get('ns', activationId)).toBeUndefined()
    await afterKill(async (next) => expect((await startsIn(next)).at(-1)).toBe(1000))

    write.mockImplementation(reallyWrite)
    expect(await store.put(recordOf(5, 20_000))).toBe('stored')
    const { entries, damagedAt, tornBytes } = scanSegment(logged().subarray(before))
    expect([entries.length, damagedAt, tornBytes], 'what was written of them is gone').toEqual([1, [], 0])
    expect(await putAll(group)).toEqual(group.map(({ start }) => (start === 5 ? 'exists' : 'stored')))
    await afterKill(async (next) => expect(await startsIn(next)).toEqual([...Array(10).keys(), 1000]))
  })

  it('leave the provisional records of those that were not stored, also where one came twice', async () => {
    await store.putProvisional('owner', recordOf(0))
    await store.putProvisional('owner', recordOf(1))
    fullAfter(50)
    await expect(putAll([recordOf(0), recordOf(1), recordOf(1)])).rejects.toSatisfy(unavailable)
    await afterKill(async (next) => expect(await next.finalizeOrphans('owner')).toBe(2))
    write.mockImplementation(reallyWrite)
    expect(await putAll([recordOf(1), recordOf(1)])).toEqual(['stored', 'exists'])
    await afterKill(async (next) => {
      expect(await next.finalizeOrphans('owner')).toBe(1)
      expect((await next.get('ns', activationIdOf(0)))?.start).toBe(0)
    })
  })

  it('are none when one of them is too large, or is no record', async () => {
    const before = logged().length
    const { maxRecordBytes } = store.capabilities
    await expect(putAll([recordOf(0), recordOf(1, maxRecordBytes)])).rejects.toSatisfy((error: unknown) =>
      isPlatformError(error, 'ERR_TOO_LARGE'),
    )
    await expect(putAll([recordOf(0), { ...recordOf(1), start: Number.NaN }])).rejects.toThrow('no moment')
    expect(logged().length).toBe(before)
    expect(await store.put(recordOf(0))).toBe('stored')
  })

  it('wait together for room while the database has too many to take up', async () => {
    const groups = Array.from({ length: 60 }, (_, of) =>
      Array.from({ length: 100 }, (_unused, index) => recordOf(2000 + of * 100 + index)),
    )
    const outcomes = await Promise.all(groups.map(putAll))
    expect(new Set(outcomes.flat())).toEqual(new Set(['stored']))
    expect(await store.count({ namespace: 'ns' })).toBe(6001)
  })
})

function isOfRecords(file: number): boolean {
  return readlinkSync(`/proc/self/fd/${file}`).includes('/live/records/')
}
