import {
  adapterContext,
  ENTITY_INDEXES,
  isPlatformError,
  silentLogger,
  type Activation,
  type Logger,
} from '@stemcell/core'
import { levelStores, repairLevelStores } from '@stemcell/spi-level'
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Damage } from '../src/damage.ts'
import { LevelDatabase } from '../src/level-database.ts'
import { parseLevelOptions } from '../src/level-stores-options.ts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const ACTIONS = 24
const RECORDS = 24
const ROUNDS = 16

const codeOf = (index: number): Buffer =>
  Buffer.from(`function main() { return ${index} } // ${'é'.repeat(index * 20)}`)
const actionOf = (index: number) => ({
  namespace: 'ns',
  name: `a${index}`,
  exec: { kind: 'x' },
  annotations: [{ key: 'n', value: index }],
  updated: index,
  entityType: 'action',
})
const recordOf = (index: number): Activation => ({
  namespace: 'ns',
  name: `a${index % 3}`,
  version: '0.0.1',
  subject: 's',
  activationId: index.toString(16).padStart(32, '0'),
  start: index,
  publish: false,
  response: { statusCode: 0 },
  logs: [`line ${index}`, 'x'.repeat(index * 10)],
  annotations: [],
})

/** What came of looking at everything in a folder. */
interface Look {
  /** The store did not open. */
  readonly refused: boolean
  /** Reads that ended in ERR_CORRUPT. */
  readonly corrupt: number
  /** Reads that gave nothing, or something else, and no error. */
  readonly wrong: readonly string[]
  /** Lines of the log that tell of something. */
  readonly told: readonly string[]
}

describe('files of a database that are damaged while nothing uses them', () => {
  let base: string
  let inLog: string
  let inTables: string
  let inRecords: string

  beforeAll(async () => {
    base = mkdtempSync(join(tmpdir(), 'stemcell-bits-'))
    inTables = join(base, 'tables')
    inLog = join(base, 'log')
    inRecords = join(base, 'records')
    // As a killed process leaves it: all in the log of the database, and some records in their own log alone.
    const dir = join(base, 'live')
    const { entities, activations } = storesIn(dir, [])
    await Promise.all([entities.open(), activations.open()])
    for (let index = 0; index < ACTIONS; index++) {
      const attachments = { code: { contentType: 'x/y', bytes: codeOf(index) } }
      await entities.put(`ns/a${index}`, actionOf(index), { attachments })
    }
    for (let index = 0; index < RECORDS; index++) await activations.put(recordOf(index))
    await activations.putProvisional('someone', recordOf(RECORDS))
    cpSync(dir, inRecords, { recursive: true })
    await activations.count({ namespace: 'ns' })
    cpSync(dir, inLog, { recursive: true })
    await Promise.all([entities.close(), activations.close()])
    // Opening makes a table of the log.
    const again = storesIn(dir, [])
    await again.entities.open()
    await again.entities.close()
    cpSync(dir, inTables, { recursive: true })
  })

  afterAll(() => rmSync(base, { recursive: true }))

  function storesIn(dir: string, told: string[]) {
    const note = (_: object, message: string): void => void told.push(message)
    const quiet = (): void => undefined
    const logger: Logger = { debug: quiet, info: quiet, warn: note, error: note, child: () => logger }
    const stores = levelStores({ dir, sync: false })
    const context = adapterContext({ logger })
    return { entities: stores.entityStore.build(context), activations: stores.activationStore.build(context) }
  }

  async function look(dir: string): Promise<Look> {
    const told: string[] = []
    const wrong: string[] = []
    let corrupt = 0
    const { entities, activations } = storesIn(dir, told)
    const opened = await Promise.allSettled([entities.open(), activations.open()])
    const refusal = opened.find((one) => one.status === 'rejected')
    if (refusal) {
      if (!isPlatformError(refusal.reason, 'ERR_CORRUPT')) throw refusal.reason
      await Promise.all([entities.close(), activations.close()])
      return { refused: true, corrupt, wrong, told: [refusal.reason.message] }
    }
    const read = async (what: string, expected: unknown, get: () => Promise<unknown>): Promise<void> => {
      try {
        const found = await get()
        if (JSON.stringify(found) !== JSON.stringify(expected)) wrong.push(what)
      } catch (error) {
        if (!isPlatformError(error, 'ERR_CORRUPT')) throw error
        corrupt++
      }
    }
    try {
      for (let index = 0; index < ACTIONS; index++) {
        const id = `ns/a${index}`
        await read(id, actionOf(index), async () => (await entities.get(id))?.document)
        await read(`code of ${id}`, codeOf(index).toString(), async () => {
          const bytes = await entities.readAttachment(id, 'code')
          return bytes && Buffer.from(bytes).toString()
        })
      }
      for (let index = 0; index < RECORDS; index++) {
        const { activationId } = recordOf(index)
        await read(activationId, recordOf(index), async () => {
          const found = await activations.get('ns', activationId)
          return found && { ...recordOf(index), ...found }
        })
      }
      const rows = await entities.list({ index: 'actions', partition: 'ns', documents: true })
      const listable = ENTITY_INDEXES.find(({ name }) => name === 'actions')!
      for (const { id, value, stored } of rows) {
        const index = Number(id.slice('ns/a'.length))
        const [row] = listable.map(id, actionOf(index))
        if (JSON.stringify(value) !== JSON.stringify(row?.value)) wrong.push(`row of ${id}`)
        if (stored && JSON.stringify(stored.document) !== JSON.stringify(actionOf(index))) wrong.push(`listed ${id}`)
      }
      const unreadable: string[] = []
      let scanned = 0
      for await (const _ of entities.scan({ unreadable: (id) => unreadable.push(id) })) scanned++
      if (scanned < ACTIONS && unreadable.length === 0) wrong.push('a scan is short')
      const records: unknown[] = []
      for await (const { activation } of activations.scan()) records.push(activation)
      if (new Set(records).size < RECORDS && !records.includes(undefined)) wrong.push('a scan of records is short')
      if (rows.length < ACTIONS && told.length === 0) wrong.push('a listing is short')
      const page = { namespace: 'ns', skip: 0, limit: 200 }
      for (const found of await activations.list({ ...page, full: true })) {
        if (found.logs[0] !== `line ${found.start}`) wrong.push(`listed ${found.activationId}`)
      }
      const summaries = await activations.list({ ...page, full: false })
      if (summaries.length < RECORDS && told.length === 0) wrong.push('a listing of records is short')
      return { refused: false, corrupt, wrong, told }
    } finally {
      await Promise.all([entities.close(), activations.close()])
    }
  }

  /** Looks at a copy with one file changed. */
  async function changed(
    from: string,
    ending: string,
    change: (path: string) => void,
  ): Promise<Look & { dir: string }> {
    const dir = mkdtempSync(join(base, 'changed-'))
    cpSync(from, dir, { recursive: true })
    const file = readdirSync(dir, { recursive: true })
      .map(String)
      .filter((name) => name.endsWith(ending))
      .sort()
      .at(-1)!
    change(join(dir, file))
    return { ...(await look(dir)), dir }
  }

  async function mergeTables(dir: string): Promise<void> {
    const database = await LevelDatabase.open(parseLevelOptions({ dir, sync: false }))
    await database.db.compactRange('', '\u{10ffff}')
    await database.commits.commit({ operations: [], counts: [], bytes: 0, lasting: true })
    await database.close()
  }

  const flip =
    (share: number, bit: number) =>
    (path: string): void => {
      const bytes = readFileSync(path)
      const at = Math.floor(share * bytes.length)
      bytes[at] = bytes[at]! ^ (1 << bit)
      writeFileSync(path, bytes)
    }
  /** A bit of the place where the file first holds the text. */
  const flipIn =
    (text: string, at = 0) =>
    (path: string): void => {
      const bytes = readFileSync(path)
      bytes[bytes.indexOf(text) + at]! ^= 1 << (at % 8)
      writeFileSync(path, bytes)
    }
  const cut =
    (share: number) =>
    (path: string): void =>
      truncateSync(path, Math.floor(share * readFileSync(path).length))

  it('are read as they were written when they were not', async () => {
    for (const folder of [inLog, inTables, inRecords]) {
      const dir = mkdtempSync(join(base, 'whole-'))
      cpSync(folder, dir, { recursive: true })
      expect(await look(dir)).toEqual({ refused: false, corrupt: 0, wrong: [], told: [] })
    }
  })

  it('a changed bit in a table gives what was written or ERR_CORRUPT, and never keeps the rest from being used', async () => {
    let usable = 0
    for (let round = 0; round < ROUNDS; round++) {
      const { wrong, told, refused, dir } = await changed(inTables, '.ldb', flip((round + 0.5) / ROUNDS, round % 8))
      expect(wrong, `round ${round}`).toEqual([])
      expect(told, `round ${round}`).not.toEqual([])
      if (!refused) usable++
      await mergeTables(dir)
      expect((await look(dir)).wrong, `round ${round}`).toEqual([])
      rmSync(dir, { recursive: true })
    }
    expect(usable).toBe(ROUNDS)
  }, 180_000)

  // LevelDB ends the process at a key out of order, and writes nothing more after a block that it cannot read.
  it.each([
    ['keys', 'ns/a1'],
    ['values', 'function main'],
  ])(
    'changed %s of a table are kept from LevelDB, which merges and repairs the rest',
    async (_, text) => {
      for (const bit of [0, 3, 6]) {
        const { dir, told } = await changed(inTables, '.ldb', flipIn(text, bit % text.length))
        expect(told, `bit ${bit}`).not.toEqual([])
        await mergeTables(dir)
        expect((await look(dir)).wrong, `bit ${bit}`).toEqual([])
        expect(readdirSync(dir).filter((name) => name.endsWith('.damaged'))).toHaveLength(1)
        const unseen = mkdtempSync(join(base, 'unseen-'))
        cpSync(inTables, unseen, { recursive: true })
        const [table] = readdirSync(unseen).filter((name) => name.endsWith('.ldb'))
        flipIn(text, bit % text.length)(join(unseen, table!))
        const { documents, activations, lost } = await repairLevelStores({ dir: unseen })
        expect(documents + activations).toBeGreaterThan(ACTIONS)
        expect(lost, `bit ${bit}`).not.toEqual([])
        expect(await look(unseen)).toMatchObject({ refused: false, told: [] })
        for (const folder of [dir, unseen]) rmSync(folder, { recursive: true })
      }
    },
    180_000,
  )

  it('a table that is cut is named', async () => {
    for (const share of [0, 0.2, 0.5, 0.9, 0.999]) {
      const { wrong, told, dir } = await changed(inTables, '.ldb', cut(share))
      expect([share, wrong]).toEqual([share, []])
      expect(told).not.toEqual([])
      rmSync(dir, { recursive: true })
    }
  })

  it('a changed bit in the log is refused with its place, and left as it is', async () => {
    for (let round = 0; round < ROUNDS; round++) {
      const { wrong, refused, told, corrupt, dir } = await changed(
        inLog,
        '.log',
        flip((round + 0.5) / ROUNDS, round % 8),
      )
      expect([round, wrong, refused, corrupt]).toEqual([round, [], true, 0])
      expect(told[0]).toContain('repairLevelStores')
      expect((await look(dir)).refused, 'and again').toBe(true)
      rmSync(dir, { recursive: true })
    }
  }, 180_000)

  it('a log that is cut, anywhere, is refused', async () => {
    for (let round = 0; round < ROUNDS; round++) {
      const { refused, told, dir } = await changed(inLog, '.log', cut(round / ROUNDS))
      expect([round, refused]).toEqual([round, true])
      expect(told[0]).toContain('was acknowledged')
      expect((await look(dir)).refused, 'and again').toBe(true)
      rmSync(dir, { recursive: true })
    }
  }, 180_000)

  it('a log that is gone is refused', async () => {
    const { refused } = await changed(inLog, '.log', (path) => rmSync(path))
    expect(refused).toBe(true)
  })

  it.each(['.journal', '.records'])('a file %s that is changed, cut or gone is refused', async (ending) => {
    for (let round = 0; round < ROUNDS / 2; round++) {
      const share = (round + 0.5) / (ROUNDS / 2)
      for (const change of [cut(share), flip(share, round % 8)]) {
        const { refused, dir } = await changed(inRecords, ending, change)
        expect([round, refused]).toEqual([round, true])
        rmSync(dir, { recursive: true })
      }
    }
    expect((await changed(inRecords, ending, (path) => rmSync(path))).refused).toBe(true)
  })

  it('a changed bit in a file of records that the database has gives what was written or ERR_CORRUPT', async () => {
    for (let round = 0; round < ROUNDS; round++) {
      const { wrong, refused, corrupt, told, dir } = await changed(
        inLog,
        '.records',
        flip((round + 0.5) / ROUNDS, round % 8),
      )
      expect([round, wrong, refused, corrupt]).toEqual([round, [], false, 1])
      expect(told).not.toEqual([])
      rmSync(dir, { recursive: true })
    }
  })

  it('a mark that is gone or unreadable is refused', async () => {
    expect((await changed(inLog, '.mark', (path) => rmSync(path))).refused).toBe(true)
    expect((await changed(inLog, '.mark', (path) => truncateSync(path, 10))).refused).toBe(true)
  })

  it('are usable again after a repair, which says that something is lost', async () => {
    for (const [folder, ending, change] of [
      [inTables, '.ldb', flipIn('"exec"')],
      [inTables, '.ldb', cut(0.5)],
      [inLog, '.log', flip(0.4, 2)],
      [inLog, '.log', cut(0.5)],
      [inRecords, '.journal', cut(0.5)],
      [inRecords, '.records', cut(0.5)],
      [inLog, '.records', flip(0.4, 2)],
      [inLog, '.mark', (path: string) => rmSync(path)],
    ] as const) {
      const { dir } = await changed(folder, ending, change)
      const report = await repairLevelStores({ dir })
      const kept = report.documents + report.activations
      expect(kept === 0 ? report.lost.length : kept, ending).toBeGreaterThan(0)
      const { refused, corrupt, told } = await look(dir)
      expect([ending, refused, corrupt, told]).toEqual([ending, false, 0, []])
      if (ending !== '.ldb') expect(report.lost).not.toEqual([])
      rmSync(dir, { recursive: true })
    }
  }, 180_000)

  it('an older version is not taken for what was in a damaged part, also where listings are made anew', async () => {
    const dir = mkdtempSync(join(base, 'older-'))
    cpSync(inTables, dir, { recursive: true })
    const part = (from: string, to = from) => ({
      file: '000001.ldb',
      from: Buffer.from(from),
      to: Buffer.from(to),
      intact: [],
    })
    await Damage.load(dir, [part('edns/a1'), part('ei', 'ej')], silentLogger)
    const { entities, activations } = storesIn(dir, [])
    await Promise.all([entities.open(), activations.open()])
    await expect(entities.get('ns/a1')).rejects.toSatisfy((error: unknown) => isPlatformError(error, 'ERR_CORRUPT'))
    expect(await entities.list({ index: 'actions', partition: 'ns' })).toHaveLength(ACTIONS - 1)
    await Promise.all([entities.close(), activations.close()])
    const { lost } = await repairLevelStores({ dir })
    expect(lost).toContain('whatever was in a damaged part of 000001.ldb')
  })

  it('what is written after a table was damaged is read, also at the next start', async () => {
    for (let round = 0; round < 8; round++) {
      const { dir } = await changed(inTables, '.ldb', flipIn('function main', round))
      const { entities, activations } = storesIn(dir, [])
      await Promise.all([entities.open(), activations.open()])
      await entities.put('other/new', { ...actionOf(1), namespace: 'other', name: 'new' }).catch((error: unknown) => {
        if (!isPlatformError(error, 'ERR_CORRUPT')) throw error
      })
      const record = { ...recordOf(7), activationId: '7'.repeat(32) }
      expect(await activations.put(record)).toBe('stored')
      expect((await activations.get('ns', record.activationId))?.start).toBe(7)
      await activations.count({ namespace: 'ns' })
      expect((await activations.get('ns', record.activationId))?.start).toBe(7)
      await Promise.all([entities.close(), activations.close()])
      expect((await look(dir)).wrong).toEqual([])
      rmSync(dir, { recursive: true })
    }
  })
})
