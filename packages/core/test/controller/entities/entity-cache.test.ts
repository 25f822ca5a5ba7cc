import { expect, it } from 'vitest'
import { EntityCache } from '../../../src/controller/entities/entity-cache.ts'
import { isPromise } from '../../../src/lifecycle.ts'
import { PlatformError } from '../../../src/errors.ts'
import { ENTITY_INDEXES } from '../../../src/store/entity-store.ts'
import { MemoryDocumentStore } from '../../../src/store/memory-document-store.ts'
import { VirtualClock } from '../../../src/time/virtual-clock.ts'
import type { StoredDocument } from '../../../src/store/document-store.ts'

class CountingStore extends MemoryDocumentStore {
  reads = 0
  /** When set, a read waits for it after it has seen the document. */
  gate: Promise<void> | undefined
  constructor() {
    super(ENTITY_INDEXES)
  }
  override async get(id: string): Promise<StoredDocument | undefined> {
    this.reads++
    const found = await super.get(id)
    await this.gate
    return found
  }
}

async function setUp(options = {}): Promise<{ store: CountingStore; cache: EntityCache; clock: VirtualClock }> {
  const store = new CountingStore()
  await store.open()
  const clock = new VirtualClock()
  return { store, clock, cache: new EntityCache(store, clock, options) }
}

const action = (name: string, publish = false): { [key: string]: string | boolean | object } & Record<string, never> =>
  ({
    namespace: 'ns',
    name,
    publish,
    exec: { kind: 'blackbox', image: 'i', binary: false },
    entityType: 'action',
  }) as never

function gate(): { closed: Promise<void>; open: () => void } {
  let open = (): void => undefined
  const closed = new Promise<void>((resolve) => (open = resolve))
  return { closed, open: () => open() }
}

it('an entity is read once and then answered without a promise', async () => {
  const { store, cache } = await setUp()
  await store.put('ns/a', action('a'))
  const first = await cache.get('ns/a')
  const second = cache.get('ns/a')
  expect(isPromise(second)).toBe(false)
  expect(second).toBe(first)
  expect(store.reads).toBe(1)
})

it('readers at the same time share one read', async () => {
  const { store, cache } = await setUp()
  await store.put('ns/a', action('a'))
  const [one, two] = await Promise.all([cache.get('ns/a'), cache.get('ns/a')])
  expect(one).toBe(two)
  expect(store.reads).toBe(1)
})

it('what is missing is asked for again', async () => {
  const { store, cache } = await setUp()
  expect(await cache.get('ns/a')).toBeUndefined()
  await store.put('ns/a', action('a'))
  expect((await cache.get('ns/a'))?.action?.action.name).toBe('a')
})

it('an invalidated entity is read again', async () => {
  const { store, cache } = await setUp()
  const { revision } = await store.put('ns/a', action('a'))
  await cache.get('ns/a')
  await store.put('ns/a', action('a', true), { revision })
  cache.invalidate('ns/a')
  expect((await cache.get('ns/a'))?.action?.action.publish).toBe(true)
})

it('a read that was under way when its entity was invalidated is not kept', async () => {
  const { store, cache } = await setUp()
  const { revision } = await store.put('ns/a', action('a'))
  const { closed, open } = gate()
  store.gate = closed
  const stale = cache.get('ns/a')
  await store.put('ns/a', action('a', true), { revision })
  cache.invalidate('ns/a')
  store.gate = undefined
  const fresh = await cache.get('ns/a')
  open()
  expect((await stale)?.action?.action.publish).toBe(false)
  expect(cache.get('ns/a')).toBe(fresh)
  expect(fresh?.action?.action.publish).toBe(true)
})

it('an entry that is used all the time is read again when it is old', async () => {
  const { store, cache, clock } = await setUp({ maxAgeMs: 1000 })
  await store.put('ns/a', action('a'))
  await cache.get('ns/a')
  for (let i = 0; i < 4; i++) {
    await clock.advance(300)
    await cache.get('ns/a')
  }
  expect(store.reads).toBe(2)
})

it('a fresh read goes to the store and is kept', async () => {
  const { store, cache } = await setUp()
  await store.put('ns/a', action('a'))
  await cache.get('ns/a')
  const fresh = await cache.fresh('ns/a')
  expect(store.reads).toBe(2)
  expect(cache.get('ns/a')).toBe(fresh)
})

it('a failed read fails its readers and nobody after them', async () => {
  const { store, cache } = await setUp()
  await store.close()
  const failed = cache.get('ns/a')
  await expect(Promise.resolve(failed)).rejects.toThrow(PlatformError)
  await store.open()
  expect(await cache.get('ns/none')).toBeUndefined()
})

it('the number of entries is bounded, the one used longest ago goes first', async () => {
  const { store, cache } = await setUp({ maxEntries: 2 })
  for (const name of ['a', 'b', 'c']) await store.put(`ns/${name}`, action(name))
  await cache.get('ns/a')
  await cache.get('ns/b')
  await cache.get('ns/a')
  await cache.get('ns/c')
  expect(isPromise(cache.get('ns/a'))).toBe(false)
  expect(isPromise(cache.get('ns/b'))).toBe(true)
})

it('a document larger than the whole cache is answered but not kept', async () => {
  const { store, cache } = await setUp({ maxSize: 50 })
  await store.put('ns/a', action('a'))
  expect((await cache.get('ns/a'))?.action?.action.name).toBe('a')
  expect(isPromise(cache.get('ns/a'))).toBe(true)
})

it('a document is understood as what it is and as nothing else', async () => {
  const { store, cache } = await setUp()
  await store.put('ns/a', action('a'))
  await store.put('ns/p', { namespace: 'ns', name: 'p', binding: {}, parameters: [], entityType: 'package' })
  await store.put('ns/t', { namespace: 'ns', name: 't', parameters: [], entityType: 'trigger' })
  const [a, p, t] = await Promise.all(['ns/a', 'ns/p', 'ns/t'].map(async (id) => cache.get(id)))
  expect(a?.package).toBeUndefined()
  expect(p?.action).toBeUndefined()
  expect(p?.package).toMatchObject({ publish: false, parameters: [] })
  expect([t?.action, t?.package]).toEqual([undefined, undefined])
})
