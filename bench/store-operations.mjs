import { JsonText } from '@stemcell/core'
import { median } from './load.mjs'

const ROUNDS = 6
/** At once, as activations end. */
const WRITERS = 500
const FLOOR_BATCH = 500
const FLOOR_SHARE = 20
const START = 1_700_000_000_000

/** p50 of writing and of reading an entity, µs, one at a time: in turns with the floor, in rounds of `count`. */
export async function singles({ entities, floor }, count) {
  const sides = {
    put: {
      floor: (name) => floor.put(name, action(name)),
      ours: (name) => entities.put(`ns/${name}`, action(name)),
    },
    get: { floor: (name) => floor.get(name), ours: (name) => entities.get(`ns/${name}`) },
  }
  const times = { put: { floor: [], ours: [] }, get: { floor: [], ours: [] } }
  for (let round = 0; round < ROUNDS; round++) {
    for (const [what, ways] of Object.entries(sides)) {
      for (const [side, call] of Object.entries(ways)) {
        for (let index = 0; index < count; index++) {
          const name = `action${round}-${index}`
          const start = performance.now()
          const result = await call(name)
          // The first round warms up.
          if (round > 0) times[what][side].push((performance.now() - start) * 1000)
          if (what === 'get' && result === undefined) throw new Error(`${name} is not there`)
        }
      }
    }
  }
  const medians = ({ floor: bare, ours }) => ({ floor: median(bare), ours: median(ours) })
  return { put: medians(times.put), get: medians(times.get) }
}

/**
 * Records per second: of many writers at once until there are `wanted` or `maxMs` is over, and of the floor in batches
 * of a twentieth of them.
 */
export async function fill({ records, floor }, wanted, maxMs) {
  const start = performance.now()
  let next = 0
  const writer = async () => {
    while (next < wanted && performance.now() - start < maxMs) {
      const outcome = await records.put(record(next++))
      if (outcome !== 'stored') throw new Error(`a record is ${outcome}`)
    }
  }
  await Promise.all(Array.from({ length: WRITERS }, writer))
  const ours = (next * 1000) / (performance.now() - start)
  const count = await records.count({ namespace: 'ns' })
  if (count !== next) throw new Error(`${count} records are listed of ${next}`)

  const batches = Math.ceil(next / FLOOR_SHARE / FLOOR_BATCH)
  const bareStart = performance.now()
  for (let batch = 0; batch < batches; batch++) {
    await floor.putRecords(
      Array.from({ length: FLOOR_BATCH }, (_, index) => ({
        ...record(batch * FLOOR_BATCH + index),
        response: RESPONSE,
      })),
    )
  }
  const bare = (batches * FLOOR_BATCH * 1000) / (performance.now() - bareStart)
  return { ours, floor: bare, records: next }
}

/** p50 of listing the latest `limit` records, ms, in turns with the floor, which has a twentieth of them. */
export async function page({ records, floor }, limit, count) {
  const ways = {
    floor: () => floor.page(limit),
    ours: () => records.list({ namespace: 'ns', skip: 0, limit, full: false }),
  }
  const times = { floor: [], ours: [] }
  for (let round = 0; round <= count; round++) {
    for (const [side, list] of Object.entries(ways)) {
      const start = performance.now()
      const rows = await list()
      // The first one warms up.
      if (round > 0) times[side].push(performance.now() - start)
      if (rows.length !== limit) throw new Error(`${rows.length} rows instead of ${limit}`)
    }
  }
  return { floor: median(times.floor), ours: median(times.ours) }
}

function action(name) {
  return {
    namespace: 'ns',
    name,
    exec: { kind: 'nodejs:20', code: 'x'.repeat(500), binary: false },
    parameters: [],
    limits: { timeout: 60_000, memory: 256, logs: 10, concurrency: 1 },
    version: '0.0.1',
    publish: false,
    annotations: [{ key: 'exec', value: 'nodejs:20' }],
    updated: START,
    entityType: 'action',
  }
}

const RESPONSE = { statusCode: 0, result: { done: true } }

function record(index) {
  const name = `action${index % 100}`
  return {
    namespace: 'ns',
    name,
    version: '0.0.1',
    subject: 'someone',
    activationId: index.toString(16).padStart(32, '0'),
    start: START + index,
    end: START + index + 5,
    duration: 5,
    publish: false,
    response: { statusCode: 0, result: JsonText.of(RESPONSE.result) },
    logs: ['2024-05-01T10:11:12.123456789Z stdout: hello'],
    annotations: [
      { key: 'path', value: `ns/${name}` },
      { key: 'kind', value: 'nodejs:20' },
      { key: 'limits', value: { timeout: 60_000, memory: 256, logs: 10, concurrency: 1 } },
      { key: 'waitTime', value: 17 },
    ],
  }
}
