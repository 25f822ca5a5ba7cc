// Writes documents with attachments and activation records as fast as it can and prints the id of each once its write
// resolved, until it is killed. Runs from the built package: a child process cannot run the sources.
import { adapterContext } from '@stemcell/core'
import { levelStores } from '@stemcell/spi-level'

const [dir] = process.argv.slice(2)
const context = adapterContext()
const stores = levelStores({ dir })
const entities = stores.entityStore.build(context)
const activations = stores.activationStore.build(context)
await Promise.all([entities.open(), activations.open()])
process.stdout.write('open\n')

async function writeEntities(writer) {
  for (let index = 0; ; index++) {
    const id = `ns/a${writer}-${index}`
    const document = { namespace: 'ns', name: `a${writer}-${index}`, updated: index, exec: { kind: 'x' } }
    const bytes = Buffer.alloc(20_000, `${writer}-${index};`)
    const { revision } = await entities.put(id, document, { attachments: { code: { contentType: 'x/y', bytes } } })
    process.stdout.write(`e ${id} ${revision}\n`)
  }
}

function recordOf(activationId, start, bytes) {
  return {
    namespace: 'ns',
    name: 'a',
    version: '0.0.1',
    subject: 's',
    activationId,
    start,
    publish: false,
    response: { statusCode: 0 },
    logs: ['x'.repeat(bytes)],
    annotations: [],
  }
}

async function writeActivations(writer) {
  for (let index = 0; ; index++) {
    const activationId = (writer * 1e6 + index).toString(16).padStart(32, '0')
    const record = recordOf(activationId, index, 500)
    await activations.putProvisional('writer', { ...record, logs: ['provisional'] })
    process.stdout.write(`f ${activationId}\n`)
    if (index % 3 === 0) continue
    await activations.put(record)
    process.stdout.write(`a ${activationId}\n`)
    // A put that is answered at once leaves the other writers no turn.
    await new Promise((resolve) => setImmediate(resolve))
  }
}

/** Many of one turn of the event loop, of sizes that need several writes now and then. */
async function writeTogether(writer) {
  for (let round = 0; ; round++) {
    const records = Array.from({ length: 20 }, (_, place) => {
      const activationId = (writer * 1e6 + round * 20 + place).toString(16).padStart(32, '0')
      return recordOf(activationId, round, (round * place * 97) % 12_000)
    })
    for (const record of records) {
      await activations.putProvisional('writer', { ...record, logs: ['provisional'] })
      process.stdout.write(`f ${record.activationId}\n`)
    }
    await activations.putAll(records)
    for (const { activationId } of records) process.stdout.write(`a ${activationId}\n`)
    await new Promise((resolve) => setImmediate(resolve))
  }
}

await Promise.all([
  ...[1, 2, 3, 4].flatMap((writer) => [writeEntities(writer), writeActivations(writer)]),
  writeTogether(5),
])
