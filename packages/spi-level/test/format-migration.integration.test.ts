import { adapterContext, activationText, type Activation } from '@stemcell/core'
import { levelStores } from '@stemcell/spi-level'
import { ClassicLevel } from 'classic-level'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { encodeEntry } from '../src/journal/journal-entry.ts'

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
    expect(await db.get('mformat')).toBe('3')
    await db.close()
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
