import {
  activationSummary,
  adapterContext,
  type Activation,
  type ActivationStore,
  type EntityStore,
} from '@stemcell/core'
import { levelStores, repairLevelStores } from '@stemcell/spi-level'
import { ClassicLevel } from 'classic-level'
import { cpSync, existsSync, mkdtempSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { HighWaterMark } from '../src/high-water-mark.ts'
import { sealText } from '../src/sealed-value.ts'
import { writeFormat4 } from './format-4.ts'

const context = adapterContext()
const CODE = Buffer.from(Uint8Array.from({ length: 100 }, (_, index) => index))
const PAGE = { namespace: 'ns', skip: 0, limit: 99 } as const

describe('a database of an older format', () => {
  let dir: string

  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'stemcell-format-'))
    writeFormat4(dir)
  })
  afterEach(() => rmSync(dir, { recursive: true }))

  async function opened<T>(
    use: (stores: { entities: EntityStore; activations: ActivationStore }) => Promise<T>,
  ): Promise<T> {
    const stores = levelStores({ dir })
    const entities = stores.entityStore.build(context)
    const activations = stores.activationStore.build(context)
    await Promise.all([entities.open(), activations.open()])
    try {
      return await use({ entities, activations })
    } finally {
      await Promise.all([entities.close(), activations.close()])
    }
  }

  async function changed(change: (db: ClassicLevel<string, Buffer>) => Promise<void>): Promise<void> {
    const db = new ClassicLevel<string, Buffer>(dir, { valueEncoding: 'buffer' })
    await change(db)
    await db.close()
  }

  const startsOf = async (store: ActivationStore): Promise<number[]> =>
    (await store.list({ ...PAGE, full: true })).map(({ start }) => start)

  async function expectAll({ entities, activations }: { entities: EntityStore; activations: ActivationStore }) {
    const rows = await entities.list({ index: 'actions', partition: 'ns', documents: true })
    expect(rows.map(({ id, stored }) => [id, stored?.document['name']])).toEqual([
      ['ns/a', 'a'],
      ['ns/b', 'b'],
    ])
    expect(Buffer.from((await entities.readAttachment('ns/a', 'code'))!).equals(CODE)).toBe(true)
    expect(await entities.count({ index: 'actions', partition: 'ns' })).toBe(2)
    expect(await startsOf(activations)).toEqual([8, 7, 6, 5, 4, 3, 2, 1])
    expect((await activations.list({ ...PAGE, full: false })).map(({ start }) => start)).toEqual([
      8, 7, 6, 5, 4, 3, 2, 1,
    ])
    expect((await activations.list({ ...PAGE, name: 'a1', full: true })).map(({ start }) => start)).toEqual([
      7, 5, 3, 1,
    ])
    expect(await activations.count({ namespace: 'ns' })).toBe(8)
    expect((await activations.get('ns', idOf(6)))?.logs).toEqual(['é'.repeat(3000)])
    expect((await activations.get('ns', idOf(8)))?.logs, 'not the provisional one').toEqual([])
    const scanned: (number | undefined)[] = []
    for await (const { activation } of activations.scan()) scanned.push(activation?.start)
    expect(scanned).toEqual([1, 2, 3, 4, 5, 6, 7, 8])
  }

  it('is taken over with all that is in it, its journal included', async () => {
    for (const life of ['the first', 'the next']) {
      await opened(async (stores) => {
        await expectAll(stores)
        expect(await stores.activations.owners(), life).toEqual(['someone'])
      })
    }
    await changed(async (db) => expect(String(await db.get('mformat'))).toBe('5'))
  })

  it('gets new records, and lets go of old and new ones', async () => {
    await opened(async ({ activations }) => {
      expect(await activations.finalizeOrphans('someone')).toBe(1)
      expect(await activations.put(recordOf(3))).toBe('exists')
      expect(await activations.put(recordOf(10))).toBe('stored')
      expect(await startsOf(activations)).toEqual([10, 9, 8, 7, 6, 5, 4, 3, 2, 1])
      expect(await activations.expire({ before: 8 })).toBe(7)
    })
    expect(existsSync(join(dir, 'activations.journal'))).toBe(false)
    await opened(async ({ activations }) => {
      expect(await startsOf(activations)).toEqual([10, 9, 8])
      expect(await activations.count({ namespace: 'ns' })).toBe(3)
      expect(await activations.owners()).toEqual([])
    })
    await changed(async (db) => {
      expect(await db.keys({ gte: 'ad', lt: 'ae' }).all()).toHaveLength(3)
      expect(await db.keys({ gte: 'ai', lt: 'aj' }).all()).toHaveLength(6)
    })
  })

  it('is whole wherever its taking over is interrupted', async () => {
    // Nothing was done but the mark renewed; then the records of the journal were in the log, and nowhere else.
    const records = join(dir, 'records')
    const log = mkdtempSync(join(tmpdir(), 'stemcell-format-'))
    await opened(async () => undefined)
    cpSync(records, log, { recursive: true })
    for (const isLogged of [false, true]) {
      rmSync(dir, { recursive: true })
      writeFormat4(dir)
      const mark = new HighWaterMark(dir)
      const bytes = isLogged ? statSync(join(log, readdirSync(log)[0]!)).size : 0
      if (isLogged) cpSync(log, records, { recursive: true })
      mark.begin({ ...mark.read()!, records: { segment: Number(isLogged), bytes } })
      mark.close()
      await opened(expectAll)
    }
    rmSync(log, { recursive: true })
    // All was done but the journal begun anew.
    writeFormat4(`${dir}.before`)
    await opened(async (stores) => {
      const killed = `${dir}.killed`
      cpSync(dir, killed, { recursive: true })
      await Promise.all([stores.activations.close(), stores.entities.close()])
      rmSync(dir, { recursive: true })
      renameSync(killed, dir)
    })
    cpSync(`${dir}.before/activations.journal`, join(dir, 'activations.journal'))
    const mark = new HighWaterMark(dir)
    const { journal, journalBytes } = new HighWaterMark(`${dir}.before`).read()!
    mark.begin({ ...mark.read()!, journal, journalBytes })
    mark.close()
    await opened(expectAll)
    rmSync(`${dir}.before`, { recursive: true })
  })

  it('can be repaired', async () => {
    expect(await repairLevelStores({ dir })).toEqual({ documents: 2, activations: 8, lost: [] })
    await opened(expectAll)
  })

  it('of format 2 gets its digests, also in parts, where that was interrupted', async () => {
    await changed(async (db) => {
      for await (const [key, value] of db.iterator()) {
        if (key === 'mcommit') await db.del(key)
        else if (key === 'mformat') await db.put(key, Buffer.from('2'))
        else await db.put(key, key[1] === 'b' ? value.subarray(0, -4) : value.subarray(8))
      }
    })
    rmSync(join(dir, 'stemcell.mark'))
    await opened(expectAll)
    expect(readdirSync(dir)).toContain('stemcell.mark')
    await changed(async (db) => {
      await db.put('mformat', Buffer.from('2'))
      await db.put('edns/b', (await db.get('edns/b'))!.subarray(8))
    })
    await opened(expectAll)
  })

  it('of format 3 lists records whose rows hold their summaries, and removes them with their rows', async () => {
    await changed(async (db) => {
      for await (const key of db.keys({ gte: 'ai', lt: 'aj' })) {
        const id = key.slice(0, key.lastIndexOf('\0')).slice(-32)
        const summary = activationSummary(recordOf(Number.parseInt(id, 16)))
        await db.put(key, Buffer.from(sealText(key, JSON.stringify({ ...summary, version: '0.0.9' }))))
      }
      await db.put('mformat', Buffer.from('3'))
    })
    await opened(async ({ activations }) => {
      const listed = await activations.list({ ...PAGE, full: false })
      expect(listed.map(({ start, version }) => [start, version])).toEqual(
        [8, 7, 6, 5, 4, 3, 2, 1].map((start) => [start, start > 6 ? '0.0.1' : '0.0.9']),
      )
      expect(await activations.expire({ before: 8 })).toBe(7)
      for (const name of [undefined, 'a0']) {
        const query = { namespace: 'ns', ...(name === undefined ? {} : { name }) }
        const left = await activations.list({ ...PAGE, ...query, full: false })
        expect(left.map(({ start }) => start)).toEqual([8])
        expect(await activations.count(query)).toBe(1)
      }
    })
    await changed(async (db) => expect(await db.keys({ gte: 'ai', lt: 'aj' }).all()).toHaveLength(2))
  })
})

function idOf(index: number): string {
  return index.toString(16).padStart(32, '0')
}

function recordOf(index: number): Activation {
  return {
    namespace: 'ns',
    name: `a${index % 2}`,
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
