import { adapterContext, JsonText } from '@stemcell/core'
import { levelStores } from '@stemcell/spi-level'
import { join } from 'node:path'
import { LoadClient, percentile } from './load.mjs'
import { startStandalone, temporaryFolder } from './processes.mjs'

const CALLS = 200
const MAX_MS = 20
const SIZES = [
  { label: 'small', activations: 1000, actions: 500 },
  { label: 'large', activations: 100_000, actions: 10_000 },
]

/** Listings of 200 items in a small and in a large namespace, over HTTP from the embedded store. */
export async function list() {
  const rows = []
  for (const size of SIZES) {
    const { folder, remove } = temporaryFolder()
    await fill(join(folder, 'store'), size)
    const server = await startStandalone(folder)
    try {
      const values = {}
      for (const collection of ['activations', 'actions']) {
        const client = new LoadClient({
          origin: server.origin,
          method: 'GET',
          path: `/api/v1/namespaces/_/${collection}?limit=200`,
          headers: server.headers,
        })
        values[`${collection} p50 ms`] = percentile(await client.sequential(CALLS, 20), 50)
        await client.close()
      }
      rows.push({ name: `${size.activations} activations, ${size.actions} actions`, values })
    } finally {
      await server.stop()
      remove()
    }
  }
  const [small, large] = rows.map(({ values }) => values)
  const ratios = Object.keys(large).flatMap((column) => [
    {
      name: `${column} in the large namespace`,
      value: large[column],
      target: `< ${MAX_MS}`,
      met: large[column] < MAX_MS,
    },
    {
      name: `${column}, large / small`,
      value: large[column] / small[column],
      target: 'flat',
      met: large[column] < 2 * small[column],
    },
  ])
  return { columns: Object.keys(large), rows, ratios }
}

async function fill(dir, { activations, actions }) {
  const { entityStore, activationStore } = levelStores({ dir })
  const [entities, records] = [entityStore.build(adapterContext()), activationStore.build(adapterContext())]
  await Promise.all([entities.open(), records.open()])
  await inBatches(actions, (i) => entities.put(`guest/action${i}`, actionDocument(i)))
  await inBatches(activations, (i) => records.put(activation(i)))
  await Promise.all([entities.close(), records.close()])
}

async function inBatches(count, write) {
  for (let from = 0; from < count; from += 1000) {
    await Promise.all(Array.from({ length: Math.min(1000, count - from) }, (_, i) => write(from + i)))
  }
}

const NOW = Date.now()

function actionDocument(i) {
  return {
    namespace: 'guest',
    name: `action${i}`,
    exec: { kind: 'nodejs:20', code: 'function main() { return {} }', binary: false },
    parameters: [],
    limits: { timeout: 60_000, memory: 256, logs: 10, concurrency: 1 },
    version: '0.0.1',
    publish: false,
    annotations: [{ key: 'exec', value: 'nodejs:20' }],
    updated: NOW - i,
    entityType: 'action',
  }
}

function activation(i) {
  return {
    namespace: 'guest',
    name: `action${i % 100}`,
    version: '0.0.1',
    subject: 'guest',
    activationId: i.toString(16).padStart(32, '0'),
    start: NOW - i,
    end: NOW - i + 3,
    duration: 3,
    publish: false,
    response: { statusCode: 0, result: JsonText.of({ done: true }) },
    logs: [],
    annotations: [
      { key: 'path', value: `guest/action${i % 100}` },
      { key: 'kind', value: 'nodejs:20' },
    ],
  }
}
