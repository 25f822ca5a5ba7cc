// Rates of the stores as ratios to the bare database, measured in the same run: node bench/level-stores.mjs
// Runs from the built package. Sizes are those of small actions and small activation records.
import { adapterContext } from '@stemcell/core'
import { levelStores } from '@stemcell/spi-level'
import { ClassicLevel } from 'classic-level'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'

const base = await mkdtemp(join(process.env.BENCH_DIR ?? tmpdir(), 'stemcell-bench-'))
const report = []

async function timed(count, task) {
  const [only] = await compared(count, task)
  return only
}

/** Median microseconds per operation of each task; their rounds alternate, so that both meet the same machine. */
async function compared(count, ...tasks) {
  const samples = tasks.map(() => [])
  for (let round = 0; round < 5; round++) {
    for (const [index, task] of tasks.entries()) {
      const start = performance.now()
      await task(round)
      samples[index].push(performance.now() - start)
    }
  }
  return samples.map((times) => (times.sort((a, b) => a - b)[2] * 1000) / count)
}

function row(name, microseconds, floor) {
  report.push([
    name.padEnd(58),
    `${microseconds.toFixed(1)} us`.padStart(12),
    `${Math.round(1e6 / microseconds)}/s`.padStart(12),
    floor ? `${(microseconds / floor).toFixed(2)}x floor` : '',
  ])
}

const action = (name, updated) => ({
  namespace: 'ns',
  name,
  updated,
  entityType: 'action',
  version: '0.0.1',
  publish: false,
  exec: {
    kind: 'nodejs:20',
    code: 'x'.repeat(500),
    binary: false,
  },
  parameters: [],
  limits: {},
  annotations: [],
})

const record = (index, namespace = 'ns') => ({
  namespace,
  name: `a${index % 10}`,
  version: '0.0.1',
  subject: 'someone',
  start: 1_700_000_000_000 + index,
  end: 1_700_000_000_000 + index + 5,
  activationId: index.toString(16).padStart(32, '0'),
  duration: 5,
  publish: false,
  response: { statusCode: 0 },
  logs: ['2024-05-01T10:11:12.123456789Z stdout: hello'],
  annotations: [
    {
      key: 'path',
      value: `ns/a${index % 10}`,
    },
    {
      key: 'kind',
      value: 'nodejs:20',
    },
    {
      key: 'limits',
      value: {
        timeout: 6e4,
        memory: 256,
        logs: 10,
        concurrency: 1,
      },
    },
    {
      key: 'waitTime',
      value: 17,
    },
  ],
})

for (const sync of [true, false]) {
  const raw = new ClassicLevel(join(base, `raw-${sync}`))
  await raw.open()
  const { entityStore } = levelStores({ dir: join(base, `stores-${sync}`), sync })
  const entities = entityStore.build(adapterContext())
  await entities.open()
  const text = JSON.stringify(action('a', 1))
  const value = JSON.stringify(action('a', 1)).slice(0, 250)
  const puts = 1000
  const batch = (index) => [
    { type: 'put', key: `d${index}`, value: text },
    { type: 'put', key: `i${index}`, value },
    { type: 'put', key: 'c', value: '1' },
  ]
  const each = async (task) => {
    for (let index = 0; index < puts; index++) await task(index)
  }
  const all = (task) => Promise.all(Array.from({ length: puts }, (_, index) => task(index)))
  const measure = async (name, raw, ours) => {
    const [floor, rate] = await compared(puts, raw, ours)
    row(`raw ${name}`, floor)
    row(`document ${name}`, rate, floor)
  }
  await measure(
    `put, one at a time, sync ${sync}`,
    (round) => each((index) => raw.batch(batch(`${round}-${index}`), { sync })),
    (round) => each((index) => entities.put(`ns/${round}-${index}`, action(`${round}-${index}`, index))),
  )
  await measure(
    `put, ${puts} at once, sync ${sync}`,
    (round) => all((index) => raw.batch(batch(`m${round}-${index}`), { sync })),
    (round) => all((index) => entities.put(`ns/m${round}-${index}`, action('m', index))),
  )
  await measure(
    'get',
    (round) => each((index) => raw.get(`d${round}-${index}`)),
    (round) => each((index) => entities.get(`ns/${round}-${index}`)),
  )
  await entities.close()
  await raw.close()
}

const dir = join(base, 'activations')
const store = levelStores({ dir }).activationStore.build(adapterContext())
await store.open()
const total = 100_000
const clients = 500
let next = 0
const start = performance.now()
await Promise.all(
  Array.from({ length: clients }, async () => {
    while (next < total) await store.put(record(next++))
  }),
)
row(`activation put, ${clients} at once, ${total} records, sync true`, ((performance.now() - start) * 1000) / total)
const single = await timed(300, async (round) => {
  for (let index = 0; index < 300; index++) await store.put(record(index + round * 1000, 'other'))
})
row('activation put, one at a time, sync true', single)
for (const clients of [1, 16, 500]) {
  let left = 20_000
  const before = process.cpuUsage()
  await Promise.all(
    Array.from({ length: clients }, async () => {
      while (left-- > 0) {
        await store.put(record(left + clients * 1e6, 'busy'))
        await new Promise((resolve) => setImmediate(resolve))
      }
    }),
  )
  const { user, system } = process.cpuUsage(before)
  row(`activation put, ${clients} at once, processor time of all threads`, (user + system) / 20_000)
}
const provisional = await timed(1000, async (round) => {
  for (let index = 0; index < 1000; index++)
    await store.putProvisional('bench', record(index + round * 1000, 'provisional'))
})
row('activation, provisional record', provisional)
const get = await timed(1000, async () => {
  for (let index = 0; index < 1000; index++) await store.get('ns', record(index * 97).activationId)
})
row('activation get', get)

const pages = {
  summaries: { skip: 0, full: false },
  'summaries by name': { skip: 0, full: false, name: 'a3' },
  'whole records': { skip: 0, full: true },
  'summaries behind 5,000': { skip: 5000, full: false },
  'summaries behind 90,000': { skip: 90_000, full: false },
}
for (const [name, query] of Object.entries(pages)) {
  const page = await timed(20, async () => {
    for (let index = 0; index < 20; index++) await store.list({ namespace: 'ns', limit: 200, ...query })
  })
  row(`list 200 of 100,000: ${name}`, page)
}
const count = await timed(100, async () => {
  for (let index = 0; index < 100; index++) await store.count({ namespace: 'ns' })
})
row('count of 100,000', count)
const bounded = await timed(3, async () => {
  for (let index = 0; index < 3; index++) await store.count({ namespace: 'ns', since: 1.7e12 + 50_000 })
})
row('count of 50,000 by since', bounded)
const expireStart = performance.now()
let expired = 0
for (
  let n = await store.expire({ maxPerNamespace: 50_000 });
  n > 0;
  n = await store.expire({ maxPerNamespace: 50_000 })
) {
  expired += n
}
row(`expire, ${expired} records`, ((performance.now() - expireStart) * 1000) / expired)
await store.close()
await rm(base, { recursive: true })
process.stdout.write(`${report.map((cells) => cells.join('  ')).join('\n')}\n`)
