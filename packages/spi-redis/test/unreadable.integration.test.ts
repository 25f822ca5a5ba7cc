import { adapterContext, isPlatformError, type Activation, type EntityStore, type JsonObject } from '@stemcell/core'
import { redisStores } from '@stemcell/spi-redis'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { describeWith } from '../../../test/describe-with.ts'
import { removeKeys, uniquePrefix, withRedis } from './redis-keys.ts'

type Damage = readonly [what: string, commands: readonly (readonly string[])[]]

const OTHERS: readonly Damage[] = [
  [
    'a text',
    [
      ['del', 'KEY'],
      ['set', 'KEY', 'mine'],
    ],
  ],
  [
    'a list of Redis',
    [
      ['del', 'KEY'],
      ['rpush', 'KEY', 'mine'],
    ],
  ],
]

/** What may be found where a hash with these fields was written. */
const hashDamages = (field: string): readonly Damage[] => [
  ['no JSON', [['hset', 'KEY', field, '{"a":']]],
  ['nothing', [['hset', 'KEY', field, '']]],
  ['a number', [['hset', 'KEY', field, '7']]],
  ['null', [['hset', 'KEY', field, 'null']]],
  ['a list', [['hset', 'KEY', field, '[]']]],
  ['bytes that are no text', [['hset', 'KEY', field, '\u0000\ufffd']]],
  ['a hash without it', [['hdel', 'KEY', field]]],
  ...OTHERS,
]

/** The same where a document was written, behind its revision and header. */
const documentDamages: readonly Damage[] = [
  ...['{"a":', '', '7', 'null', '[]', '\u0000\ufffd'].map((text): Damage => [
    `the document ${JSON.stringify(text)}`,
    [['set', 'KEY', `1-a\t[{},[]]\t${text}`]],
  ]),
  ['nothing', [['set', 'KEY', '']]],
  ['a header alone', [['set', 'KEY', '1-a\t[{},[]]']]],
  [
    'a hash',
    [
      ['del', 'KEY'],
      ['hset', 'KEY', 'a', 'b'],
    ],
  ],
  ...OTHERS,
]

const action = (name: string): JsonObject => ({
  namespace: 'ns',
  name,
  entityType: 'action',
  updated: 1,
  exec: { kind: 'x' },
})

const record = (name: string, start: number): Activation => ({
  namespace: 'ns',
  name: 'a',
  version: '0.0.1',
  subject: 'alice',
  activationId: name,
  start,
  publish: false,
  response: { statusCode: 0 },
  logs: [],
  annotations: [],
})

describeWith('redis', 'what others wrote into Redis', (url) => {
  let keyPrefix: string
  beforeEach(() => {
    keyPrefix = uniquePrefix()
  })
  afterEach(() => removeKeys(url, keyPrefix))

  async function damage(ending: string, commands: Damage[1]): Promise<void> {
    await withRedis(url, async (redis) => {
      const [key, ...others] = (await redis.keys(`*${keyPrefix}*`)).filter((name) => name.endsWith(ending))
      expect(others).toEqual([])
      for (const [command, ...args] of commands) {
        await redis.call(command!, ...args.map((arg) => (arg === 'KEY' ? key! : arg)))
      }
    })
  }

  async function scanned(store: EntityStore, unreadable?: (id: string) => void): Promise<string[]> {
    const ids: string[] = []
    for await (const { id } of store.scan(unreadable ? { unreadable } : {})) ids.push(id)
    return ids
  }

  it.each(documentDamages)(
    '%s in place of a document is told, and breaks no listing and no scan',
    async (_, commands) => {
      const store = redisStores({ url, keyPrefix }).entityStore.build(adapterContext())
      await store.open()
      try {
        for (const name of ['a', 'b', 'c']) await store.put(`ns/${name}`, action(name))
        await damage('edns/b', commands)
        const corrupt = { code: 'ERR_CORRUPT' }
        await expect(store.get('ns/b')).rejects.toMatchObject(corrupt)
        const rows = await store.list({ index: 'actions', partition: 'ns', documents: true })
        expect(rows.filter(({ stored }) => stored).map(({ id }) => id)).toEqual(['ns/a', 'ns/c'])
        const light = (await store.list({ index: 'actions', partition: 'ns' })).map(({ id }) => id)
        expect(light.filter((id) => id !== 'ns/b')).toEqual(['ns/a', 'ns/c'])
        const unreadable: string[] = []
        expect(await scanned(store, (id) => unreadable.push(id))).toEqual(['ns/a', 'ns/c'])
        expect(unreadable).toEqual(['ns/b'])
        await expect(scanned(store)).rejects.toMatchObject(corrupt)
      } finally {
        await store.close()
      }
    },
  )

  it.each(hashDamages('f'))(
    '%s in place of a record is told, and breaks no listing and no scan',
    async (_, commands) => {
      const store = redisStores({ url, keyPrefix }).activationStore.build(adapterContext())
      await store.open()
      try {
        for (const [index, name] of ['ia', 'ib', 'ic'].entries()) await store.put(record(name, index))
        await damage('ib', commands)
        await expect(store.get('ns', 'ib')).rejects.toSatisfy((error) => isPlatformError(error, 'ERR_CORRUPT'))
        const query = { namespace: 'ns', skip: 0, limit: 9 }
        const full = await store.list({ ...query, full: true })
        expect(full.map(({ activationId }) => activationId)).toEqual(['ic', 'ia'])
        const light = (await store.list({ ...query, full: false })).map(({ activationId }) => activationId)
        expect(light.filter((id) => id !== 'ib')).toEqual(['ic', 'ia'])
        const seen: (string | undefined)[] = []
        for await (const { activation } of store.scan()) seen.push(activation?.activationId)
        expect(seen).toEqual(['ia', undefined, 'ic'])
        await store.expire({ before: 9 })
        expect(await store.count({ namespace: 'ns' })).toBe(0)
      } finally {
        await store.close()
      }
    },
  )
})
