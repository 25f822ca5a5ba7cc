// `npm run soak [-- --minutes N] [--seed S]`: mixed actions with faults on real processes, then a count of what is left.
import { assemble, SeededRandom } from '@stemcell/core'
import { levelStores } from '@stemcell/spi-level'
import { processContainers } from '@stemcell/spi-process'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ACTIONS } from './soak/actions.mjs'
import { census } from './soak/census.mjs'
import { FAULTS, Load } from './soak/load.mjs'
import { numberOf, readArguments } from './read-arguments.mjs'

const CALLERS = 8
/** Callers and background work may take so much longer than asked for before the run is given up. */
const GRACE_MS = 120_000
const MEMORY_TOLERANCE = 0.1

const USAGE = 'npm run soak [-- --minutes N] [--seed S]'
const { values } = readArguments(USAGE, {
  minutes: { type: 'string', default: '5' },
  seed: { type: 'string', default: String(Math.floor(Math.random() * 2 ** 31)) },
})
const minutes = numberOf('minutes', values.minutes, USAGE, { least: 0.01, most: 1_440, whole: false })
const seed = numberOf('seed', values.seed, USAGE, { least: 0 })
if (process.platform !== 'linux' || !globalThis.gc) {
  console.error('the soak counts processes and sockets as Linux shows them, and needs node --expose-gc')
  process.exit(2)
}

const folder = mkdtempSync(join(tmpdir(), 'stemcell-soak-'))
const kept = join(folder, 'kept')
// Containers, and whatever else makes temporary files, do so where they are counted.
const counted = join(folder, 'counted')
mkdirSync(kept)
mkdirSync(counted, { mode: 0o700 })
process.env['TMPDIR'] = counted
process.on('exit', () => rmSync(folder, { recursive: true, force: true }))

const problems = []
const check = (what, ok, detail) => {
  console.log(`${ok ? 'ok    ' : 'FAILED'} ${what}${detail === undefined ? '' : `: ${detail}`}`)
  if (!ok) problems.push(what)
}
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms))

console.log(`${minutes} minutes, ${CALLERS} callers, ${FAULTS * 100} % faults, seed ${seed}`)
const before = census(counted)
const gauges = { current: undefined }
const acquired = {}
const { entityStore, subjectStore, activationStore } = levelStores({
  dir: join(kept, 'stores'),
  // What the database keeps in memory must be full before the warm-up ends.
  cacheBytes: 1024 ** 2,
  writeBufferBytes: 1024 ** 2,
})
const platform = await assemble({
  containers: processContainers({ dir: counted }),
  entityStore,
  subjectStore,
  activationStore,
  limits: {
    concurrency: { min: 1, std: 1, max: 8 },
    invocationsPerMinute: 1_000_000,
    concurrentInvocations: 1_000,
  },
  // Less than the callers could use, and short times, so that containers are suspended, resumed, evicted and expire.
  invoker: { userMemoryMb: 3_072, pauseGraceMs: 1_000, idleTimeoutMs: 10_000 },
  observers: {
    invoker: {
      gauges: (now) => (gauges.current = now),
      acquired: ({ acquisition: { how } }) => (acquired[how] = (acquired[how] ?? 0) + 1),
    },
  },
})
await platform.subjects.createUser('guest')
const client = await platform.client('guest')
const load = new Load(client, (caller) => new SeededRandom(seed + caller))

const overdue = setTimeout(
  () => {
    console.error(`not ended in time; open: ${load.open.join(', ')}; pool: ${JSON.stringify(gauges.current)}`)
    process.exit(1)
  },
  minutes * 60_000 + GRACE_MS,
)

await load.define(CALLERS)
const startedMs = performance.now()
load.start(CALLERS)
await sleep((minutes * 60_000) / 4)
const warm = await residentMemory()
const warmCount = load.accepted
await sleep(minutes * 60_000 - (performance.now() - startedMs))
const end = await residentMemory()
await load.stop()

const { body: counts } = await client.request('GET', 'activations?count=true')
const records = counts.activations
await untilIdle()
const pool = gauges.current
await platform.close()
clearTimeout(overdue)
const after = census(counted)

console.log(`activations: ${JSON.stringify(load.byAction)}`)
console.log(`containers had: ${JSON.stringify(acquired)}`)
if (minutes >= 2) {
  const unused = ACTIONS.filter(({ name }) => !load.byAction[name]).map(({ name }) => name)
  check('every kind of action and fault was there', unused.length === 0, unused.join(', ') || undefined)
  const ways = ['hot', 'resumed', 'stemcell', 'cold'].filter((how) => !acquired[how])
  check('containers were had in every way', ways.length === 0, ways.join(', ') || undefined)
}
const growth = (end - warm) / warm
check(
  'every accepted activation has its record, and each says what it must',
  load.verified === load.accepted && load.complaints.length === 0,
  [`${load.verified} of ${load.accepted}`, ...load.complaints.slice(0, 20)].join('\n       '),
)
check('no activation has a second record', records === load.accepted, `${records} records`)
check('no activation is open', load.open.length === 0, `${load.open.length}`)
check(
  'no job waits or runs in the pool',
  pool.busy === 0 && pool.waiting === 0 && pool.starting === 0,
  `busy ${pool.busy}, waiting ${pool.waiting}, starting ${pool.starting}`,
)
for (const kind of ['processes', 'sockets', 'files']) {
  const left = after[kind].filter((entry) => !before[kind].includes(entry))
  check(`no ${kind} are left`, left.length === 0, [left.length, ...left.slice(0, 10)].join('\n       '))
}
const memory = `${megabytes(warm)} MB after ${warmCount} activations, ${megabytes(end)} MB after ${load.accepted}`
if (minutes >= 1) {
  check(
    `resident memory is within ${MEMORY_TOLERANCE * 100} % of what it was when warm`,
    growth <= MEMORY_TOLERANCE,
    memory,
  )
} else {
  console.log(`noted  resident memory, not judged as nothing is warm within a minute: ${memory}`)
}
if (problems.length > 0) console.error(`replay: npm run soak -- --minutes ${minutes} --seed ${seed}`)
// What keeps the event loop alive now was forgotten by somebody.
const handles = process.getActiveResourcesInfo().filter((name) => !/^(TTYWrap|PipeWrap|FSReqPromise)$/.test(name))
check('no timer or handle is left', handles.length === 0, handles.join(', ') || '0')
process.exitCode = problems.length > 0 ? 1 : 0

/** Bytes, with nothing running and what is unused collected. */
async function residentMemory() {
  await load.pause()
  await untilIdle()
  for (let round = 0; round < 3; round++) {
    globalThis.gc()
    await sleep(100)
  }
  const { rss } = process.memoryUsage()
  load.resume()
  return rss
}

/** The pool tells its state once a second. */
async function untilIdle() {
  const deadline = performance.now() + 30_000
  gauges.current = undefined
  for (;;) {
    const now = gauges.current
    if (now && now.busy === 0 && now.waiting === 0 && now.starting === 0) return
    if (performance.now() > deadline) throw new Error(`the pool does not become idle: ${JSON.stringify(now)}`)
    await sleep(20)
  }
}

function megabytes(bytes) {
  return Math.round(bytes / 1024 ** 2)
}
