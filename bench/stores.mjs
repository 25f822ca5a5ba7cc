import { adapterContext, ENTITY_INDEXES, MemoryActivationStore, MemoryDocumentStore } from '@stemcell/core'
import { couchStores } from '@stemcell/spi-couchdb'
import { levelStores } from '@stemcell/spi-level'
import { redisStores } from '@stemcell/spi-redis'
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { bareCouch } from '../packages/spi-couchdb/bench/bare-couch.mjs'
import { bareLevel } from '../packages/spi-level/bench/bare-level.mjs'
import { bareRedisStore } from '../packages/spi-redis/bench/bare-redis.mjs'
import { temporaryFolder } from './processes.mjs'
import { addressOf, howToHave } from './services.mjs'

/**
 * How each store that is up is opened with its floor, one at a time; `notes` gets the others. Nothing is left behind
 * after `close()`. `isMeasure` is false where the floor is not what targets are made for.
 */
export function openStores(notes) {
  const ways = [memory, level]
  for (const [service, open] of Object.entries({ redis, couchdb })) {
    const address = addressOf(service)
    if (address === undefined) notes.push(howToHave(service))
    else ways.push(() => open(address, notes))
  }
  return ways
}

async function opened(subject) {
  await Promise.all([subject.entities.open(), subject.records.open()])
  const close = async () => {
    await Promise.all([subject.entities.close(), subject.records.close()])
    await subject.floor.close()
    await subject.remove?.()
  }
  return { isEmbedded: false, isMeasure: true, ...subject, close }
}

function built({ entityStore, activationStore }) {
  const context = adapterContext()
  return { entities: entityStore.build(context), records: activationStore.build(context) }
}

/** There is no client: a map of JSON texts, which knows no indexes. */
function memory() {
  const entities = new MemoryDocumentStore(ENTITY_INDEXES)
  const texts = new Map()
  const recordTexts = []
  const floor = {
    put: async (id, document) => texts.set(id, JSON.stringify(document)),
    get: async (id) => JSON.parse(texts.get(id)),
    putRecords: async (records) => recordTexts.push(...records.map((record) => JSON.stringify(record))),
    page: async (limit) => recordTexts.slice(-limit).map((text) => JSON.parse(text)),
    close: async () => recordTexts.splice(0),
  }
  return opened({
    name: 'memory',
    entities,
    records: new MemoryActivationStore(),
    floor,
    isEmbedded: true,
    isMeasure: false,
  })
}

async function level() {
  const { folder, remove } = temporaryFolder()
  const floor = await bareLevel(join(folder, 'bare'))
  return opened({
    name: 'level',
    ...built(levelStores({ dir: join(folder, 'store') })),
    floor,
    remove,
    isEmbedded: true,
  })
}

function redis(url) {
  const prefix = `bench-${randomBytes(6).toString('hex')}`
  return opened({
    name: 'redis',
    ...built(redisStores({ url, keyPrefix: prefix })),
    // Closing it removes the keys of both.
    floor: bareRedisStore(url, prefix),
  })
}

async function couchdb(url, notes) {
  const prefix = `bench${randomBytes(6).toString('hex')}`
  const databases = { entities: `${prefix}_e`, subjects: `${prefix}_s`, activations: `${prefix}_a` }
  const bare = await bareCouch(url)
  const isStandIn = (await bare.welcome())['express-pouchdb'] !== undefined
  if (isStandIn) notes.push('COUCHDB_URL is the stand-in of npm run services, not a CouchDB: no measure of either')
  const close = async () => {
    for (const name of [databases.entities, databases.activations]) await bare.remove(name)
    await bare.close()
  }
  const floor = { ...bare, close }
  return opened({ name: 'couchdb', ...built(couchStores({ url, databases })), floor, isMeasure: !isStandIn })
}
