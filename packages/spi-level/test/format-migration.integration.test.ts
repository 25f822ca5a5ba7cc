import { activationSummary, activationText, adapterContext, type Activation } from '@stemcell/core'
import { levelStores } from '@stemcell/spi-level'
import { ClassicLevel } from 'classic-level'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { encodeEntry } from '../src/journal/journal-entry.ts'
import { sealText } from '../src/sealed-value.ts'

const context = adapterContext()
const CODE = Buffer.from(Uint8Array.from({ length: 1000 }, (_, index) => index % 256))

describe('a database of an older format', () => {
  let dir: string

  beforeEach(() => (dir = mkdtempSync(join(tmpdir(), 'stemcell-format-'))))
  afterEach(() => rmSync(dir, { recursive: true }))

  /** Takes the digests off again, as if format 2 had been written. */
  async function unsealed(): Promise<void> {
    const stores = levelStores({ dir })
    const entities = stores.entityStore.build(context)
    const activations = stores.activationStore.build(context)
    await Promise.all([entities.open(), activations.open()])
    for (const name of ['a', 'b']) {
      const document = { namespace: 'ns', name, updated: 1, exec: { kind: 'x' } }
      await entities.put(`ns/${name}`, document, { attachments: { code: { contentType: 'x/y', bytes: CODE } } })
    }
    await activations.put(recordOf(1))
    await Promise.all([entities.close(), activations.close()])
    const db = new ClassicLevel<string, Buffer>(dir, { valueEncoding: 'buffer' })
    for await (const [key, value] of db.iterator()) {
      if (key === 'mcommit') await db.del(key)
      else if (key === 'mformat') await db.put(key, Buffer.from('2'))
      else await db.put(key, key[1] === 'b' ? value.subarray(0, -4) : value.subarray(8))
    }
    await db.close()
    rmSync(join(dir, 'stemcell.mark'))
    writeFileSync(join(dir, 'activations.journal'), encodeEntry({ type: 'put', text: activationText(recordOf(2)) }))
  }

  it('is taken over with all that is in it, its journal included', async () => {
    await unsealed()
    for (const life of ['the first', 'the next']) {
      const stores = levelStores({ dir })
      const entities = stores.entityStore.build(context)
      const activations = stores.activationStore.build(context)
      await Promise.all([entities.open(), activations.open()])
      const rows = await entities.list({ index: 'actions', partition: 'ns', documents: true })
      expect(
        rows.map(({ id, stored }) => [id, stored?.document['name']]),
        life,
      ).toEqual([
        ['ns/a', 'a'],
        ['ns/b', 'b'],
      ])
      expect(Buffer.from((await entities.readAttachment('ns/a', 'code'))!).equals(CODE)).toBe(true)
      expect(await entities.count({ index: 'actions', partition: 'ns' })).toBe(2)
      const listed = await activations.list({ namespace: 'ns', skip: 0, limit: 9, full: true })
      expect(listed.map(({ start }) => start)).toEqual([2, 1])
      expect(await activations.count({ namespace: 'ns' })).toBe(2)
      await Promise.all([entities.close(), activations.close()])
    }
    expect(readdirSync(dir)).toContain('stemcell.mark')
    const db = new ClassicLevel(dir)
    expect(await db.get('mformat')).toBe('4')
    await db.close()
  })

  it('lists records whose rows hold their summaries, and removes them with their rows', async () => {
    const before = levelStores({ dir }).activationStore.build(context)
    await before.open()
    await before.put(recordOf(1))
    await before.put(recordOf(2))
    await before.close()
    // As format 3 had it.
    const db = new ClassicLevel<string, string>(dir)
    for await (const key of db.keys({ gte: 'ai', lt: 'aj' })) {
      const id = key.slice(0, key.lastIndexOf('\0')).slice(-32)
      const summary = activationSummary(recordOf(Number.parseInt(id, 16)))
      await db.put(key, sealText(key, JSON.stringify({ ...summary, version: '0.0.9' })))
    }
    await db.put('mformat', '3')
    await db.close()
    const store = levelStores({ dir }).activationStore.build(context)
    await store.open()
    await store.put(recordOf(3))
    const query = { namespace: 'ns', skip: 0, limit: 9, full: false } as const
    expect((await store.list(query)).map(({ start, version }) => [start, version])).toEqual([
      [3, '0.0.1'],
      [2, '0.0.9'],
      [1, '0.0.9'],
    ])
    expect(await store.expire({ before: 3 })).toBe(2)
    for (const name of [undefined, 'a']) {
      const left = await store.list({ ...query, ...(name === undefined ? {} : { name }) })
      expect(left.map(({ start }) => start)).toEqual([3])
      expect(await store.count({ namespace: 'ns', ...(name === undefined ? {} : { name }) })).toBe(1)
    }
    await store.close()
    const after = new ClassicLevel<string, string>(dir)
    expect(await after.keys({ gte: 'ai', lt: 'aj' }).all()).toHaveLength(2)
    await after.close()
  })

  it('may be taken over in parts, where that was interrupted', async () => {
    await unsealed()
    const first = levelStores({ dir }).entityStore.build(context)
    await first.open()
    await first.close()
    // Half of it has its digests, and the folder still says 2.
    const db = new ClassicLevel<string, Buffer>(dir, { valueEncoding: 'buffer' })
    await db.put('mformat', Buffer.from('2'))
    const value = (await db.get('edns/b'))!
    await db.put('edns/b', value.subarray(8))
    await db.close()
    const next = levelStores({ dir }).entityStore.build(context)
    await next.open()
    expect((await next.get('ns/a'))?.document['name']).toBe('a')
    expect((await next.get('ns/b'))?.document['name']).toBe('b')
    await next.close()
  })
})

function recordOf(index: number): Activation {
  return {
    namespace: 'ns',
    name: 'a',
    version: '0.0.1',
    subject: 's',
    activationId: index.toString(16).padStart(32, '0'),
    start: index,
    publish: false,
    response: { statusCode: 0 },
    logs: [],
    annotations: [],
  }
}
