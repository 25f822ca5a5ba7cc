import { adapterContext, ENTITY_INDEXES, isPlatformError, PlatformError, type Activation } from '@stemcell/core'
import {
  MemorySortedBackend,
  SortedActivationStore,
  SortedDocumentStore,
  type FoundValue,
  type KeyRange,
  type SortedEntry,
  type SortedRange,
  type SortedReads,
  type SortedValue,
} from '@stemcell/core/sorted-store'
import { describe, expect, it } from 'vitest'

/** Knows of some keys that their values are damaged, of some ranges that keys may be missing, and reads as of one moment. */
class DamagedBackend extends MemorySortedBackend {
  readonly damaged = new Set<string>()
  parts: readonly KeyRange[] = []
  /** Runs between the reads of a view, which do not see it. */
  meanwhile: (() => void) | undefined

  override get(key: string): SortedValue | undefined {
    if (this.damaged.has(key)) throw corrupt(key)
    return super.get(key)
  }

  override range(range: SortedRange): readonly SortedEntry[] {
    return super.range(range).map(([key, value]) => [key, this.damaged.has(key) ? corrupt(key) : value])
  }

  damagedParts({ gte, lt }: KeyRange): readonly PlatformError[] {
    return this.parts.filter((part) => part.gte < lt && part.lt > gte).map(({ gte: at }) => corrupt(at))
  }

  async view<T>(read: (reads: SortedReads) => Promise<T>): Promise<T> {
    const kept = new DamagedBackend()
    for (const key of this.damaged) kept.damaged.add(key)
    const entries = super.range({ gte: '', lt: '\u{10ffff}', reverse: false, skip: 0, limit: 1000 })
    const operations = entries.map(([key, value]) => ({ type: 'put', key, value: value as SortedValue }) as const)
    kept.batch({ conditions: [], operations })
    this.meanwhile?.()
    return read(kept)
  }

  /** All keys of which one part is like this. */
  keys(part: string): string[] {
    const all = super.range({ gte: '', lt: '\u{10ffff}', reverse: false, skip: 0, limit: 1000 })
    return all.map(([key]) => key).filter((key) => key.includes(part))
  }
}

const corrupt = (key: string): PlatformError => new PlatformError('ERR_CORRUPT', `damaged: ${key}`)
const action = (name: string) => ({ namespace: 'ns', name, entityType: 'action', updated: 1, exec: { kind: 'x' } })
const record = (activationId: string, start: number): Activation => ({
  namespace: 'ns',
  name: 'a',
  version: '0.0.1',
  subject: 's',
  activationId,
  start,
  publish: false,
  response: { statusCode: 0 },
  logs: [],
  annotations: [],
})

describe('documents on a backend that knows of damage', () => {
  const built = async (): Promise<[SortedDocumentStore, DamagedBackend]> => {
    const backend = new DamagedBackend()
    const store = new SortedDocumentStore({ backend, letter: 'e', indexes: ENTITY_INDEXES }, adapterContext())
    await store.open()
    for (const name of ['a', 'b', 'c']) {
      const attachments = { code: { contentType: 'x/y', bytes: Buffer.from(name) } }
      await store.put(`ns/${name}`, action(name), { attachments })
    }
    return [store, backend]
  }
  const query = { index: 'actions', partition: 'ns' }
  const idsOf = (rows: readonly { readonly id: string }[]): string[] => rows.map(({ id }) => id)

  it('makes a damaged row anew from its document', async () => {
    const [store, backend] = await built()
    const whole = await store.list({ ...query, documents: true })
    for (const key of backend.keys('ns/b').filter((one) => one.startsWith('ei'))) backend.damaged.add(key)
    expect(await store.list({ ...query, documents: true })).toEqual(whole)
    expect(idsOf(await store.list(query))).toEqual(['ns/a', 'ns/b', 'ns/c'])
  })

  it('lists a row without its damaged document, and nothing where both are damaged', async () => {
    const [store, backend] = await built()
    for (const key of backend.keys('edns/b')) backend.damaged.add(key)
    const rows = await store.list({ ...query, documents: true })
    expect(rows.map(({ id, stored }) => [id, stored?.id])).toEqual([
      ['ns/a', 'ns/a'],
      ['ns/b', undefined],
      ['ns/c', 'ns/c'],
    ])
    for (const key of backend.keys('ns/b')) backend.damaged.add(key)
    expect(idsOf(await store.list({ ...query, documents: true }))).toEqual(['ns/a', 'ns/c'])
    expect(idsOf(await store.list(query))).toEqual(['ns/a', 'ns/c'])
  })

  it('names a damaged attachment, document and part', async () => {
    const [store, backend] = await built()
    for (const key of backend.keys('ns/b')) backend.damaged.add(key)
    await expect(store.readAttachment('ns/b', 'code')).rejects.toSatisfy((error) =>
      isPlatformError(error, 'ERR_CORRUPT'),
    )
    await expect(store.put('ns/b', action('b'), { revision: '1-x' })).rejects.toMatchObject({ code: 'ERR_CORRUPT' })
    backend.parts = [{ gte: 'ed', lt: 'ee' }]
    const told: string[] = []
    const seen: string[] = []
    for await (const { id } of store.scan({ unreadable: (id) => told.push(id) })) seen.push(id)
    expect([seen, told]).toEqual([
      ['ns/a', 'ns/c'],
      ['(documents)', 'ns/b'],
    ])
  })

  it('lists documents as they were when their rows were read', async () => {
    const [store, backend] = await built()
    backend.meanwhile = () => {
      const operations = backend.keys('ns/b').map((key) => ({ type: 'del', key }) as const)
      backend.batch({ conditions: [], operations })
    }
    expect(idsOf(await store.list({ ...query, documents: true }))).toEqual(['ns/a', 'ns/b', 'ns/c'])
    backend.meanwhile = undefined
    expect(idsOf(await store.list({ ...query, documents: true }))).toEqual(['ns/a', 'ns/c'])
  })
})

describe('activation records on a backend that knows of damage', () => {
  const built = async (): Promise<[SortedActivationStore, DamagedBackend]> => {
    const backend = new DamagedBackend()
    const store = new SortedActivationStore({ backend, letter: 'a' }, adapterContext())
    await store.open()
    for (const [start, id] of ['ia', 'ib', 'ic'].entries()) await store.put(record(id, start))
    return [store, backend]
  }
  const query = { namespace: 'ns', skip: 0, limit: 9 }
  const ids = (rows: readonly object[]): FoundValue[] => rows.map((row) => (row as Activation).activationId)

  it('makes a damaged summary anew, leaves out what cannot be read at all, and expires it', async () => {
    const [store, backend] = await built()
    for (const key of backend.keys('ib').filter((one) => one.startsWith('ai'))) backend.damaged.add(key)
    expect(ids(await store.list({ ...query, full: false }))).toEqual(['ic', 'ib', 'ia'])
    for (const key of backend.keys('ib')) backend.damaged.add(key)
    expect(ids(await store.list({ ...query, full: true }))).toEqual(['ic', 'ia'])
    expect(ids(await store.list({ ...query, full: false }))).toEqual(['ic', 'ia'])
    expect(await store.expire({ before: 9 })).toBe(3)
    expect(await store.count({ namespace: 'ns' })).toBe(0)
  })

  it('has a row in its scan for each part in which records may be missing', async () => {
    const [store, backend] = await built()
    backend.parts = [{ gte: 'ad', lt: 'ae' }]
    const seen: (string | undefined)[] = []
    for await (const { activation } of store.scan()) seen.push(activation?.activationId)
    expect(seen).toEqual([undefined, 'ia', 'ib', 'ic'])
  })
})
