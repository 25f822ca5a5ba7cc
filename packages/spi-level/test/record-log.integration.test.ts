import { adapterContext, isPlatformError, type ActivationStore, type Logger } from '@stemcell/core'
import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { HighWaterMark } from '../src/high-water-mark.ts'
import { levelStores, repairLevelStores } from '../src/index.ts'
import type { LevelDatabase } from '../src/level-database.ts'
import { parseLevelOptions } from '../src/level-stores-options.ts'
import { encodeRecord } from '../src/record-log/log-entry.ts'
import { acquireDatabase, releaseDatabase } from '../src/shared-databases.ts'
import { activationIdOf, recordOf } from './record-of.ts'

const SEGMENT_BYTES = 20_000
const RECORD_BYTES = 1000
const PAGE = { namespace: 'ns', skip: 0, limit: 10_000, full: true } as const

describe('the log of records', () => {
  let base: string
  let dir: string
  let database: LevelDatabase
  let store: ActivationStore
  let isOpen: boolean
  const told: string[] = []
  const note = (_: object, message: string): void => void told.push(message)
  const quiet = (): void => undefined
  const logger: Logger = { debug: quiet, info: quiet, warn: note, error: note, child: () => logger }
  const context = adapterContext({ logger })

  beforeEach(async () => {
    base = mkdtempSync(join(tmpdir(), 'stemcell-log-'))
    dir = join(base, 'live')
    told.length = 0
    await open()
  })

  afterEach(async () => {
    vi.restoreAllMocks()
    if (isOpen) await close()
    rmSync(base, { recursive: true })
  })

  async function open(): Promise<void> {
    database = await acquireDatabase(parseLevelOptions({ dir }), context, { segmentBytes: SEGMENT_BYTES })
    store = levelStores({ dir }).activationStore.build(context)
    await store.open()
    isOpen = true
  }

  async function close(): Promise<void> {
    isOpen = false
    await store.close()
    await releaseDatabase(database)
  }

  const pathOf = (segment: number, of = dir): string =>
    join(of, 'records', `${String(segment).padStart(10, '0')}.records`)
  const put = async (index: number): Promise<string> => store.put(recordOf(index, RECORD_BYTES))
  const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index)

  async function startsIn(from = store): Promise<number[]> {
    return (await from.list(PAGE)).map(({ start }) => start).reverse()
  }

  /** What a power switch would leave of the folder, changed; opened elsewhere, as it is locked here. */
  async function afterKill<T>(
    look: (next: ActivationStore, of: string) => Promise<T>,
    change?: (of: string) => void,
  ): Promise<T> {
    const copy = mkdtempSync(join(base, 'killed-'))
    cpSync(dir, copy, { recursive: true })
    change?.(copy)
    const next = levelStores({ dir: copy }).activationStore.build(context)
    await next.open()
    try {
      return await look(next, copy)
    } finally {
      await next.close()
    }
  }

  const refusal = (change: (of: string) => void): Promise<string> =>
    afterKill(async () => 'opened', change).catch((error: unknown) => {
      if (!isPlatformError(error, 'ERR_CORRUPT')) throw error
      return error.message
    })

  /** As if the machine had started anew since. */
  function elsewhere(of: string): void {
    const mark = join(of, 'stemcell.mark')
    const bytes = readFileSync(mark)
    for (const at of [0, 64]) {
      bytes.write('00000000-0000-0000-0000-000000000000', at + 4)
      bytes.writeUInt32BE(crc32(bytes.subarray(at + 4, at + 64), 1), at)
    }
    writeFileSync(mark, bytes)
    expect(new HighWaterMark(of).read()?.sameBoot).toBe(false)
  }

  it('keeps the text of a record once, in files that are full at a size, for its user only', async () => {
    for (let index = 0; index < 100; index++) await put(index)
    await store.count({ namespace: 'ns' })
    const sizes = readdirSync(join(dir, 'records')).map((name) => statSync(join(dir, 'records', name)))
    expect(sizes.length).toBeGreaterThan(4)
    for (const { size, mode } of sizes) {
      expect(size).toBeLessThan(SEGMENT_BYTES + 2 * RECORD_BYTES)
      expect(mode & 0o777).toBe(0o600)
    }
    const others = readdirSync(dir, { withFileTypes: true }).filter((entry) => entry.isFile())
    const inDatabase = others.map(({ name }) => readFileSync(join(dir, name), 'latin1')).join('')
    expect(inDatabase).not.toContain('xxxxxxxxxx')
    expect(await startsIn()).toEqual(upTo(100))
  })

  it('is taken up after a kill, in whatever state of its batches, and goes on in the same file', async () => {
    for (let index = 0; index < 30; index++) {
      await put(index)
      if (index === 10) await store.count({ namespace: 'ns' })
      if (index % 3 === 0) await afterKill(async (next) => expect(await startsIn(next)).toEqual(upTo(index + 1)))
    }
    const files = readdirSync(join(dir, 'records'))
    await close()
    await open()
    await put(30)
    expect(readdirSync(join(dir, 'records'))).toEqual(files)
    expect(await startsIn()).toEqual(upTo(31))
    expect(told).toEqual([])
  })

  it('is read at a start only where the database may not have its records', async () => {
    for (let index = 0; index < 40; index++) await put(index)
    await close()
    await open()
    expect(database.records.table.position).toEqual(database.records.log.position)
    const walked: number[] = []
    await afterKill(
      async () => undefined,
      (of) => {
        // Whoever read that one would find it damaged.
        const bytes = readFileSync(pathOf(1, of))
        bytes[3000]! ^= 1
        writeFileSync(pathOf(1, of), bytes)
        walked.push(1)
      },
    )
    expect([walked, told]).toEqual([[1], []])
  })

  it('may end in the middle of an entry, which is dropped with a word, and is gone on with', async () => {
    await put(0)
    const torn = (of: string): void =>
      appendFileSync(pathOf(1, of), encodeRecord('adns/x', 'x'.repeat(500)).subarray(0, 300))
    await afterKill(async (next, of) => {
      expect(told).toEqual(['the last entry of the log of activation records was not finished, and is dropped'])
      expect(await next.put(recordOf(1, RECORD_BYTES))).toBe('stored')
      expect(await startsIn(next)).toEqual([0, 1])
      expect(readdirSync(join(of, 'records'))).toHaveLength(1)
    }, torn)
  })

  it('survives a kill while a file is begun', async () => {
    for (let index = 0; index < 20; index++) await put(index)
    const last = readdirSync(join(dir, 'records')).length
    for (const bytes of [0, 5]) {
      await afterKill(
        async (next) => {
          expect(await next.put(recordOf(20, RECORD_BYTES))).toBe('stored')
          expect(await startsIn(next)).toEqual(upTo(21))
        },
        (of) => writeFileSync(pathOf(last + 1, of), 'x'.repeat(bytes)),
      )
    }
  })

  it('that is cut, or of which a file is gone, is refused, whether or not the database has its records', async () => {
    for (let index = 0; index < 60; index++) await put(index)
    await store.count({ namespace: 'ns' })
    for (let index = 60; index < 63; index++) await put(index)
    const last = readdirSync(join(dir, 'records')).length
    expect(last).toBeGreaterThan(3)
    for (const isAllThere of [false, true]) {
      if (isAllThere) await store.count({ namespace: 'ns' })
      for (const segment of [1, 2, last - 1, last]) {
        expect(await refusal((of) => rmSync(pathOf(segment, of)))).toMatch(`${String(segment)}.records is gone`)
        for (const share of [0.1, 0.999]) {
          const size = statSync(pathOf(segment)).size
          const message = await refusal((of) => truncateSync(pathOf(segment, of), Math.floor(share * size)))
          expect(message).toContain(`${String(segment)}.records ends at byte`)
          expect(message).toContain('repairLevelStores')
        }
      }
    }
    expect(await refusal(() => undefined)).toBe('opened')
  })

  it('that ends too early as the machine stopped opens with a warning, also the next time, and goes on', async () => {
    for (let index = 0; index < 30; index++) await put(index)
    await store.count({ namespace: 'ns' })
    const last = readdirSync(join(dir, 'records')).length
    await afterKill(
      async (next, of) => {
        expect(told.join()).toContain('the database lost something when the machine stopped')
        expect((await startsIn(next)).length).toBeLessThan(30)
        await next.put(recordOf(30, RECORD_BYTES))
        await next.close()
        const again = levelStores({ dir: of }).activationStore.build(context)
        await again.open()
        const found = await startsIn(again)
        expect([found.at(0), found.at(-1)]).toEqual([0, 30])
        expect((await again.get('ns', activationIdOf(30)))?.logs).toEqual(recordOf(30, RECORD_BYTES).logs)
        await again.close()
      },
      (of) => {
        truncateSync(pathOf(last, of), 500)
        elsewhere(of)
      },
    )
  })

  it('with a changed bit is refused where the database may not have the record, and ERR_CORRUPT where it has', async () => {
    const flip = (index: number, of: string): void => {
      const bytes = readFileSync(pathOf(1, of))
      bytes[bytes.indexOf(`"line ${index}"`) + 2]! ^= 1
      writeFileSync(pathOf(1, of), bytes)
    }
    for (const index of [0, 1, 2]) await put(index)
    expect(await refusal((of) => flip(1, of))).toContain('cannot be read at byte')
    await store.count({ namespace: 'ns' })
    await afterKill(
      async (next, of) => {
        await expect(next.get('ns', activationIdOf(1))).rejects.toSatisfy(
          (error: unknown) =>
            isPlatformError(error, 'ERR_CORRUPT') &&
            [activationIdOf(1), pathOf(1, of), 'repairLevelStores'].every((part) => error.message.includes(part)),
        )
        expect(await startsIn(next)).toEqual([0, 2])
        expect((await next.list({ ...PAGE, full: false })).map(({ start }) => start)).toEqual([2, 0])
        const scanned: (number | undefined)[] = []
        for await (const { activation } of next.scan()) scanned.push(activation?.start)
        expect(scanned).toEqual([0, undefined, 2])
        expect(await next.expire({ before: 3 })).toBe(3)
        expect(await startsIn(next)).toEqual([])
      },
      (of) => flip(1, of),
    )
  })

  it('gives back at a repair what the database lost, and tells what cannot be read', async () => {
    for (let index = 0; index < 60; index++) await put(index)
    await close()
    const bytes = readFileSync(pathOf(2))
    bytes[bytes.length >> 1]! ^= 1
    writeFileSync(pathOf(2), bytes)
    // The references are gone with their tables.
    for (const file of readdirSync(dir)) if (/\.(log|ldb)$/.test(file)) rmSync(join(dir, file))
    const report = await repairLevelStores({ dir })
    expect(report.activations).toBe(59)
    expect(report.lost.filter((what) => what.includes('2.records cannot be read'))).toHaveLength(1)
    await open()
    expect((await startsIn()).length).toBe(59)
    expect(await store.count({ namespace: 'ns' })).toBe(59)
  })

  it('of which a file is gone is usable again after a repair, with the rest', async () => {
    for (let index = 0; index < 60; index++) await put(index)
    await close()
    rmSync(pathOf(2))
    await expect(open()).rejects.toSatisfy((error: unknown) => isPlatformError(error, 'ERR_CORRUPT'))
    const report = await repairLevelStores({ dir })
    expect(report.lost[0]).toContain('2.records is gone')
    expect(report.activations).toBeGreaterThan(30)
    expect(report.lost.length).toBe(60 - report.activations + 1)
    await open()
    expect((await startsIn()).length).toBe(report.activations)
    expect(await put(100)).toBe('stored')
  })

  it('loses nothing while no file can be opened any more, and begins one once that is possible', async () => {
    await put(0)
    const create = vi.spyOn(database.records.files, 'create').mockImplementation(() => {
      throw Object.assign(new Error('too many open files'), { code: 'EMFILE' })
    })
    for (let index = 1; index < 60; index++) expect(await put(index)).toBe('stored')
    expect(create.mock.calls.length, 'is not tried for each').toBeLessThan(3)
    expect(told).toContain('no new file of records could be begun; the present one grows')
    await afterKill(async (next) => expect(await startsIn(next)).toEqual(upTo(60)))
    create.mockRestore()
    await close()
    await open()
    for (let index = 60; index < 100; index++) await put(index)
    expect(readdirSync(join(dir, 'records')).length).toBeGreaterThan(1)
    expect(await startsIn()).toEqual(upTo(100))
  })

  it('tells nobody of a first record whose file cannot be begun, and stores the next', async () => {
    const create = vi.spyOn(database.records.files, 'create').mockImplementation(() => {
      throw Object.assign(new Error('no space left'), { code: 'ENOSPC' })
    })
    await expect(put(0)).rejects.toSatisfy((error: unknown) => isPlatformError(error, 'ERR_UNAVAILABLE'))
    create.mockRestore()
    expect(await put(0)).toBe('stored')
    expect(await startsIn()).toEqual([0])
  })

  it('is read with few open files, however many there are', async () => {
    for (let index = 0; index < 600; index++) await put(index)
    await store.count({ namespace: 'ns' })
    expect(readdirSync(join(dir, 'records')).length).toBeGreaterThan(30)
    const openRecords = (): number =>
      readdirSync('/proc/self/fd')
        .map((fd) => join('/proc/self/fd', fd))
        .filter((link) => existsSync(link) && readlinkSync(link).startsWith(join(dir, 'records'))).length
    for (let index = 0; index < 600; index += 7) {
      expect((await store.get('ns', activationIdOf(index)))?.start).toBe(index)
      expect(openRecords()).toBeLessThan(20)
    }
    await Promise.all(upTo(600).map(async (index) => store.get('ns', activationIdOf(index))))
    expect(openRecords()).toBeLessThan(20)
  })

  it('does not bring back a provisional record after its record has expired', async () => {
    await store.putProvisional('owner', recordOf(0, RECORD_BYTES))
    await store.putProvisional('owner', recordOf(1, RECORD_BYTES))
    await put(0)
    await afterKill(async (next) => expect(await next.finalizeOrphans('owner')).toBe(1))
    // Killed before the journal says that there is a record now.
    await afterKill(async (next) => {
      expect(await next.expire({ before: 1 })).toBe(1)
      expect(await next.finalizeOrphans('owner')).toBe(1)
      expect(await startsIn(next)).toEqual([1])
    })
    expect(await store.expire({ before: 1 })).toBe(1)
    await afterKill(async (next) => {
      expect(await next.finalizeOrphans('owner')).toBe(1)
      expect(await startsIn(next)).toEqual([1])
    })
  })
})
