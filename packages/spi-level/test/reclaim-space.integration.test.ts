import { adapterContext, isPlatformError, type ActivationStore } from '@stemcell/core'
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { SortedActivationStore, STORE_LETTERS } from '@stemcell/core/sorted-store'
import { levelStores } from '../src/index.ts'
import { LevelBackend } from '../src/level-backend.ts'
import type { LevelDatabase } from '../src/level-database.ts'
import { parseLevelOptions } from '../src/level-stores-options.ts'
import { countLiveBytes, LIVE_BYTES, segmentOfLiveBytes } from '../src/record-log/live-bytes.ts'
import { readCount } from '../src/commit-queue.ts'
import { acquireDatabase, releaseDatabase } from '../src/shared-databases.ts'
import { activationIdOf, recordOf } from './record-of.ts'

const context = adapterContext()
const SEGMENT_BYTES = 20_000
const RECORD_BYTES = 1000
const PAGE = { namespace: 'ns', skip: 0, limit: 10_000, full: true } as const

describe('the room of records that are gone', () => {
  let base: string
  let dir: string
  let database: LevelDatabase
  let store: ActivationStore

  beforeEach(async () => {
    base = mkdtempSync(join(tmpdir(), 'stemcell-space-'))
    dir = join(base, 'live')
    await open()
  })

  afterEach(async () => {
    await close()
    rmSync(base, { recursive: true })
  })

  async function open(): Promise<void> {
    database = await acquireDatabase(parseLevelOptions({ dir }), context, { segmentBytes: SEGMENT_BYTES })
    store = levelStores({ dir }).activationStore.build(context)
    await store.open()
  }

  async function close(): Promise<void> {
    await store.close()
    await releaseDatabase(database)
  }

  const segments = (): string[] => readdirSync(join(dir, 'records')).sort()
  const bytesOnDisk = (): number => segments().reduce((sum, name) => sum + statSync(join(dir, 'records', name)).size, 0)

  async function startsIn(from: ActivationStore): Promise<number[]> {
    const listed = await from.list(PAGE)
    for (const { start, logs } of listed) expect(logs).toEqual(recordOf(start, RECORD_BYTES).logs)
    return listed.map(({ start }) => start).reverse()
  }

  /** Whether what is kept of the bytes of each segment is what its records take. */
  async function expectExactCounts({ db }: LevelDatabase): Promise<void> {
    const kept = await db.iterator<string, string>(LIVE_BYTES).all()
    const counted = kept.map(([key, sealed]) => [segmentOfLiveBytes(key), readCount(key, sealed)])
    expect(new Map(counted as [number, number][])).toEqual(await countLiveBytes(db))
  }

  async function filled(count: number, namespaceOf = (_index: number): string => 'ns'): Promise<void> {
    for (let index = 0; index < count; index++) await store.put(recordOf(index, RECORD_BYTES, namespaceOf(index)))
    await store.count({ namespace: 'ns' })
    await database.records.log.settled()
  }

  it('comes back when all of a file has expired, and nothing else is touched', async () => {
    await filled(200)
    const before = segments()
    expect(before.length).toBeGreaterThan(8)
    expect(await store.expire({ before: 150 })).toBe(150)
    expect(segments().length).toBeLessThan(before.length - 6)
    expect(before).toEqual(expect.arrayContaining(segments().slice(0, -1)))
    expect(await startsIn(store)).toEqual(Array.from({ length: 50 }, (_, index) => 150 + index))
    await expectExactCounts(database)
    await close()
    await open()
    expect((await startsIn(store)).length).toBe(50)
  })

  it('comes back in part when few records of a file are left, which are moved', async () => {
    await filled(300, (index) => (index % 5 === 0 ? 'ns' : 'other'))
    const before = bytesOnDisk()
    expect(await store.expire({ before: 250 })).toBe(250)
    for (let index = 300; index < 320; index++) await store.put(recordOf(index, RECORD_BYTES))
    await store.expire({ maxPerNamespace: 5 })
    const kept = Array.from({ length: 5 }, (_, index) => 315 + index)
    for (let calls = 0; calls < 20; calls++) await store.expire({ maxPerNamespace: 5 })
    expect(await startsIn(store)).toEqual(kept)
    expect(bytesOnDisk()).toBeLessThan(before / 4)
    await expectExactCounts(database)
  })

  it('comes back where nothing new is stored, up to the files that what is left fills', async () => {
    await filled(200)
    await store.expire({ before: 190 })
    for (let calls = 0; calls < 5; calls++) await store.expire({ before: 190 })
    expect(segments().length).toBeLessThanOrEqual(2)
    expect(await startsIn(store)).toEqual(Array.from({ length: 10 }, (_, index) => 190 + index))
  })

  it('moves records without anybody missing them, who read, store and remove meanwhile', async () => {
    // Every fifth stays, so that each file is rewritten.
    await filled(500, (index) => (index % 5 === 0 ? 'ns' : 'other'))
    const moved = vi.spyOn(database.records.log, 'appendMoved')
    const kept = Array.from({ length: 100 }, (_, index) => index * 5)
    let done = false
    const reading = (async () => {
      while (!done) {
        expect(await startsIn(store)).toEqual(expect.arrayContaining(kept.slice(20)))
        for (const start of [200, 300]) expect((await store.get('ns', activationIdOf(start)))?.start).toBe(start)
      }
    })()
    await store.expire({ before: 0, maxPerNamespace: 100 })
    for (let calls = 0; calls < 40; calls++) {
      await store.put(recordOf(1000 + calls, RECORD_BYTES))
      await store.expire(calls === 20 ? { before: 100 } : { before: 1 })
    }
    done = true
    await reading
    expect(moved).toHaveBeenCalled()
    const left = await startsIn(store)
    expect(left.filter((start) => start < 500)).toEqual(kept.slice(20))
    expect(left.filter((start) => start >= 1000)).toHaveLength(40)
    await expectExactCounts(database)
  })

  it('is given back at no step at the cost of a record, or brings one back, wherever the process is killed', async () => {
    await filled(120, (index) => (index % 4 === 0 ? 'ns' : 'other'))
    const kept = Array.from({ length: 30 }, (_, index) => index * 4)
    const states: string[] = []
    const remember = (step: string): void => {
      const copy = join(base, `killed-${states.length}-${step}`)
      cpSync(dir, copy, { recursive: true })
      states.push(copy)
    }
    const { log, files } = database.records
    const { commits } = database
    const [append, sync] = [log.appendMoved.bind(log), log.sync.bind(log)]
    const [commit, remove] = [commits.commit.bind(commits), files.remove.bind(files)]
    let copies = 0
    vi.spyOn(log, 'appendMoved').mockImplementation((record) => {
      const reference = append(record)
      if (copies++ === 1) remember('copied-in-part')
      return reference
    })
    vi.spyOn(log, 'sync').mockImplementation(async () => {
      remember('copied')
      await sync()
    })
    vi.spyOn(commits, 'commit').mockImplementation(async (change) => {
      const held = await commit(change)
      if (states.length > 0 && states.length < 12) remember('committed')
      return held
    })
    vi.spyOn(files, 'remove').mockImplementation((segment) => {
      remember('given-up')
      remove(segment)
      remember('removed')
    })
    expect(await store.expire({ maxPerNamespace: 30 })).toBe(60)
    await store.expire({ maxPerNamespace: 30 })
    vi.restoreAllMocks()
    await expectExactCounts(database)

    expect(states.length).toBeGreaterThan(8)
    for (const copy of states) {
      const next = levelStores({ dir: copy }).activationStore.build(context)
      await next.open()
      expect(await startsIn(next), copy).toEqual(kept)
      expect(await next.count({ namespace: 'other' }), copy).toBe(30)
      const shared = await acquireDatabase(parseLevelOptions({ dir: copy }), context)
      await expectExactCounts(shared)
      const known = [...shared.records.table.sealed.keys(), shared.records.log.position.segment]
      expect(known, copy).toEqual(expect.arrayContaining(shared.records.files.list()))
      await releaseDatabase(shared)
      // What was under way is done again.
      await next.put(recordOf(5000, RECORD_BYTES))
      for (let calls = 0; calls < 8; calls++) await next.expire({ maxPerNamespace: 30 })
      expect(await startsIn(next), copy).toEqual([...kept.slice(1), 5000])
      await next.close()
    }
  }, 60_000)

  it('brings back no record that expired after it was moved, when the process is killed then', async () => {
    await filled(120, (index) => (index % 4 === 0 ? 'ns' : 'other'))
    const moved = vi.spyOn(database.records.log, 'appendMoved')
    for (let calls = 0; calls < 2; calls++) await store.expire({ maxPerNamespace: 30 })
    expect(moved).toHaveBeenCalled()
    const copy = join(base, 'killed')
    const note = vi.spyOn(database.activations, 'notePosition').mockImplementationOnce(async () => {
      cpSync(dir, copy, { recursive: true })
    })
    expect(await store.expire({ before: 100 })).toBe(40)
    expect(note).toHaveBeenCalledOnce()
    const next = levelStores({ dir: copy }).activationStore.build(context)
    await next.open()
    expect(await startsIn(next)).toEqual([100, 104, 108, 112, 116])
    await next.close()
  })

  it('leaves a record removed that is removed while it is moved', async () => {
    await filled(120, (index) => (index % 4 === 0 ? 'ns' : 'other'))
    const backend = new LevelBackend(parseLevelOptions({ dir }), context)
    const other = new SortedActivationStore({ backend, letter: STORE_LETTERS.activations }, context)
    await other.open()
    const { log } = database.records
    const sync = log.sync.bind(log)
    let removed = 0
    vi.spyOn(log, 'sync').mockImplementation(async () => {
      removed += await other.expire({ before: 9 })
      await sync()
    })
    for (let calls = 0; calls < 2; calls++) await store.expire({ maxPerNamespace: 30 })
    expect(removed).toBe(3)
    expect((await startsIn(store)).slice(0, 2)).toEqual([12, 16])
    expect(await store.get('ns', activationIdOf(8))).toBeUndefined()
    await expectExactCounts(database)
    await other.close()
  })

  it('waits until nobody reads who began before', async () => {
    await filled(100)
    let leave = (): void => undefined
    const left = new Promise<void>((resolve) => (leave = resolve))
    const [first] = segments()
    const reading = database.records.reading(() => left)
    const expiring = store.expire({ before: 80 })
    await vi.waitFor(async () => expect(await store.count({ namespace: 'ns' })).toBe(20))
    await vi.waitFor(() => expect(database.records.table.gone).toHaveLength(1))
    expect(segments()[0]).toBe(first)
    leave()
    await reading
    expect(await expiring).toBe(80)
    expect(existsSync(join(dir, 'records', first!))).toBe(false)
  })

  it('is kept where the file is damaged, with what can be read of it', async () => {
    await filled(100, (index) => (index % 4 === 0 ? 'ns' : 'other'))
    const path = join(dir, 'records', segments()[0]!)
    const bytes = readFileSync(path)
    bytes[bytes.indexOf('line 4"') + 1]! ^= 1
    writeFileSync(path, bytes)
    for (let calls = 0; calls < 10; calls++) await store.expire({ maxPerNamespace: 25 })
    for (const start of [0, 8, 12, 96]) expect((await store.get('ns', activationIdOf(start)))?.start).toBe(start)
    await expect(store.get('ns', activationIdOf(4))).rejects.toSatisfy(
      (error: unknown) => isPlatformError(error, 'ERR_CORRUPT') && error.message.includes(path),
    )
    expect(existsSync(path)).toBe(true)
    // Until that one has expired as well.
    await store.put(recordOf(2000, RECORD_BYTES))
    expect(await store.expire({ before: 5 })).toBeGreaterThan(0)
    for (let calls = 0; calls < 10; calls++) await store.expire({ before: 13 })
    expect(existsSync(path)).toBe(false)
  })

  it('is asked for again when the disk had none to move records to', async () => {
    await filled(100, (index) => (index % 4 === 0 ? 'ns' : 'other'))
    const full = vi.spyOn(database.records.log, 'appendMoved').mockImplementation(() => {
      throw Object.assign(new Error('no space left'), { code: 'ENOSPC' })
    })
    const before = segments().length
    expect(await store.expire({ maxPerNamespace: 25 }), 'records are removed all the same').toBe(50)
    full.mockRestore()
    for (let calls = 0; calls < 10; calls++) await store.expire({ maxPerNamespace: 25 })
    expect(segments().length).toBeLessThan(before)
    expect((await startsIn(store)).length).toBe(25)
  })
})
