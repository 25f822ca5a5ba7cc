// What the adapter adds to, and saves over, nano on the same server: COUCHDB_URL=… node bench/couch-stores.mjs
import { adapterContext, JsonText } from '@stemcell/core'
import { couchStores } from '@stemcell/spi-couchdb'
import nano from 'nano'
import { randomBytes } from 'node:crypto'

const url = process.env.COUCHDB_URL
if (!url) throw new Error('set COUCHDB_URL')
const prefix = `b${randomBytes(8).toString('hex')}`
const databases = { entities: `${prefix}_whisks`, subjects: `${prefix}_subjects`, activations: `${prefix}_activations` }
const stores = couchStores({ url, databases })
const context = adapterContext()
const entities = stores.entityStore.build(context)
const activations = stores.activationStore.build(context)
const server = nano(url)

try {
  await Promise.all([entities.open(), activations.open()])
  const document = { namespace: 'ns', name: 'a', exec: { kind: 'nodejs:20', code: 'x'.repeat(1000) }, updated: 1 }
  await entities.put('ns/a', document)
  const database = server.use(databases.entities)
  const one = await p50(1, { nano: () => database.get('ns/a'), store: () => entities.get('ns/a') })
  const many = await p50(16, { nano: () => database.get('ns/a'), store: () => entities.get('ns/a') })
  print(`reading a document, p50, one at a time: nano ${one.nano} µs, store ${one.store} µs, ${ratio(one)}`)
  print(`reading a document, p50, 16 at a time:  nano ${many.nano} µs, store ${many.store} µs, ${ratio(many)}`)

  const records = server.use(databases.activations)
  const single = await perSecond(300, 16, (index) => records.insert(recordOf(index), `ns/nano-${index}`))
  const batched = await perSecond(5000, 1000, (index) =>
    activations.put({ ...recordOf(index), activationId: hex(index) }),
  )
  print(`storing records: nano one by one, 16 at once ${single}/s; store, 1000 at once ${batched}/s`)
} finally {
  await Promise.all([entities.close(), activations.close()])
  for (const name of [databases.entities, databases.activations]) await server.db.destroy(name)
}

function ratio({ nano, store }) {
  return `${(nano / store).toFixed(1)} ×`
}

/** Both ways in turns, so that what else the machine does falls on both. */
async function p50(width, ways) {
  const times = Object.fromEntries(Object.keys(ways).map((name) => [name, []]))
  for (let round = 0; round < 10; round++) {
    for (const [name, read] of Object.entries(ways)) {
      await Promise.all(
        Array.from({ length: width }, async () => {
          for (let call = 0; call < 400 / width; call++) {
            const began = process.hrtime.bigint()
            await read()
            if (round > 1) times[name].push(Number(process.hrtime.bigint() - began) / 1000)
          }
        }),
      )
    }
  }
  const middle = (list) => Math.round(list.sort((a, b) => a - b)[list.length >> 1])
  return Object.fromEntries(Object.entries(times).map(([name, list]) => [name, middle(list)]))
}

async function perSecond(count, width, write) {
  const began = process.hrtime.bigint()
  let next = 0
  const worker = async () => {
    while (next < count) await write(next++)
  }
  await Promise.all(Array.from({ length: width }, worker))
  return Math.round((count * 1e9) / Number(process.hrtime.bigint() - began))
}

function recordOf(index) {
  const response = { statusCode: 0, result: JsonText.of({ index }) }
  const who = { namespace: 'ns', name: 'a', version: '0.0.1', subject: 's' }
  return { ...who, start: index, end: index, publish: false, response, logs: ['x'.repeat(500)], annotations: [] }
}

function hex(index) {
  return index.toString(16).padStart(32, '0')
}

function print(line) {
  process.stdout.write(`${line}\n`)
}
