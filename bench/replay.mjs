import { LeastLoadedBalancer } from '@stemcell/core'
import { createPolicy, generateAzure2019, replay as replayTrace } from '@stemcell/schedulers'
import { setTimeout as sleep } from 'node:timers/promises'
import { Pool } from 'undici'
import { median, percentile } from './load.mjs'
import { startStandalone, temporaryFolder } from './processes.mjs'

const DAY_MS = 86_400_000
/** A day of the trace takes so long here, ms. */
const LENGTH_MS = 150_000
const QUICK_MS = 20_000
const CALLS_A_SECOND = 3
const FUNCTIONS = 12
/** Of the trace's own run times, as many of these as fit. */
const LEAST_RUN_MS = 40
const MOST_RUN_MS = 400
const KEEP_MS = 5_000
/** Of which there are no stem cells. */
const MEMORY_MB = 128
const CLUSTER_MB = 8_192
const CALIBRATIONS = 6
const CALIBRATION_RUN_MS = 50
const MAX_COLD = 0.05
const MAX_P50 = 0.15
const CODE = 'const main = ({ ms }) => new Promise((resolve) => setTimeout(resolve, ms, {}))'

/**
 * The same trace against a server with process containers and in a replay: what a replay says is worth as much as these
 * agree. How long a container takes here is measured before and after, and told to the replay.
 */
export async function replay({ quick = false } = {}) {
  const calls = await scaledTrace(quick ? QUICK_MS : LENGTH_MS)
  const policy = { policy: 'fixed', pauseGraceMs: KEEP_MS, idleTimeoutMs: 0 }
  const { folder, remove } = temporaryFolder()
  const server = await startStandalone(folder, {
    poolPolicy: { adapter: '@stemcell/schedulers', options: policy },
    invoker: { userMemoryMb: CLUSTER_MB },
    limits: { invocationsPerMinute: 100_000, concurrentInvocations: 1_000 },
  })
  const pool = new Pool(server.origin, { connections: 128, pipelining: 1 })
  try {
    const names = [...new Set(calls.map(({ fn }) => fn.name))]
    const actions = new Map(names.map((name, index) => [name, `replayed${index}`]))
    const limits = { memory: MEMORY_MB }
    for (const action of actions.values()) await server.putAction(action, { exec: exec(), limits })
    const before = await calibrate(server, pool, 'before')
    const live = await play(calls, (name, ms) => invoke(pool, server, actions.get(name), ms))
    const after = await calibrate(server, pool, 'after')
    const times = timesOf([...before, ...after])
    const replayed = async (trace) => {
      const { results } = await replayTrace(asTrace(trace), {
        schedulers: [{ name: 'least-loaded', create: () => new LeastLoadedBalancer() }],
        policies: [{ name: 'fixed', create: () => createPolicy(policy) }],
        invokers: 1,
        memoryMb: CLUSTER_MB,
        ...times,
      })
      const { coldShare, latencyMs } = results[0].figures
      return { coldShare, p50: latencyMs.p50, p99: latencyMs.p99 }
    }
    const sorted = live.map(({ ms }) => ms).sort((a, b) => a - b)
    const coldShare = live.filter(({ cold }) => cold).length / live.length
    const lived = { coldShare, p50: percentile(sorted, 50), p99: percentile(sorted, 99) }
    const planned = await replayed(calls)
    const asRun = await replayed(
      calls.map(({ fn }, index) => ({ fn, atMs: live[index].sentMs, runMs: live[index].runMs })),
    )
    const row = (name, figures) => ({
      name,
      values: { cold: figures.coldShare * 100, 'p50 ms': figures.p50, 'p99 ms': figures.p99 },
    })
    const ratio = (name, figures, key, most) => {
      const value = Math.abs(figures[key] / lived[key] - 1)
      return { name, value, target: `<= ${most}`, met: value <= most }
    }
    return {
      columns: ['cold', 'p50 ms', 'p99 ms'],
      rows: [row('live', lived), row('replay', planned), row('replay, with times as they were', asRun)],
      ratios: [
        ratio('cold starts, replay and live differ by', planned, 'coldShare', MAX_COLD),
        ratio('p50, replay and live differ by', planned, 'p50', MAX_P50),
        ratio('the same with times as they were: cold starts', asRun, 'coldShare', MAX_COLD),
        ratio('p50', asRun, 'p50', MAX_P50),
      ],
      notes: [
        `${calls.length} calls of ${names.length} actions, which are kept for ${KEEP_MS / 1_000} s`,
        `measured before and after: a start takes ${round(times.startMs)} ms, /init ${round(times.initMs)}, anything else ${round(times.overheadMs)}`,
        'where the machine has other work, calls come late and take longer than the trace says: hence the second replay',
      ],
    }
  } finally {
    await pool.destroy()
    await server.stop()
    remove()
  }
}

/** A generated day in a minute or two: what is called seldom is called seldom still, beside how long containers are kept. */
async function scaledTrace(lengthMs) {
  const invocations = Math.round((lengthMs / 1_000) * CALLS_A_SECOND)
  const trace = generateAzure2019({ invocations, functions: FUNCTIONS, seed: 3 })
  const calls = []
  for await (const portion of trace.portions()) {
    for (const { atMs, fn, runMs } of portion) {
      const scaled = LEAST_RUN_MS + (MOST_RUN_MS - LEAST_RUN_MS) * (runMs / (runMs + 1_000))
      calls.push({ atMs: (atMs * lengthMs) / DAY_MS, fn: { ...fn, memoryMb: MEMORY_MB }, runMs: Math.round(scaled) })
    }
  }
  // One object for each function.
  const fns = new Map(calls.map(({ fn }) => [fn.name, fn]))
  return calls.map((call) => ({ ...call, fn: fns.get(call.fn.name) }))
}

function asTrace(calls) {
  return {
    name: 'scaled',
    fittingMemoryMb: undefined,
    async *portions() {
      yield calls
    },
  }
}

/** A cold and a warm call of each of some new actions. */
async function calibrate(server, pool, when) {
  const calls = []
  for (let round = 0; round < CALIBRATIONS; round++) {
    const action = `${when}${round}`
    await server.putAction(action, { exec: exec(), limits: { memory: MEMORY_MB } })
    const cold = await invoke(pool, server, action, CALIBRATION_RUN_MS)
    const warm = await invoke(pool, server, action, CALIBRATION_RUN_MS)
    if (!cold.cold || warm.cold) throw new Error('the first call of an action is cold, and the second is not')
    calls.push({ cold, warm })
  }
  return calls
}

/** What a start, an initialisation, and a warm call beside its run take here, ms. */
function timesOf(calls) {
  const warmMs = median(calls.map(({ warm }) => warm.ms))
  const initMs = median(calls.map(({ cold }) => cold.initMs))
  const coldMs = median(calls.map(({ cold }) => cold.ms))
  return {
    overheadMs: Math.max(0, warmMs - CALIBRATION_RUN_MS),
    initMs,
    startMs: Math.max(0, coldMs - warmMs - initMs),
  }
}

async function play(calls, call) {
  const beganMs = performance.now()
  const results = []
  for (const { atMs, fn, runMs } of calls) {
    const waitMs = atMs - (performance.now() - beganMs)
    if (waitMs > 0) await sleep(waitMs)
    const sentMs = performance.now() - beganMs
    results.push(call(fn.name, runMs).then((result) => ({ ...result, sentMs })))
  }
  return Promise.all(results)
}

async function invoke(pool, { headers }, action, runMs) {
  const began = performance.now()
  const { statusCode, body } = await pool.request({
    method: 'POST',
    path: `/api/v1/namespaces/_/actions/${action}?blocking=true`,
    headers: { ...headers, 'content-type': 'application/json' },
    body: JSON.stringify({ ms: runMs }),
  })
  const text = await body.text()
  if (statusCode !== 200) throw new Error(`${statusCode} ${text}`)
  const ms = performance.now() - began
  const { duration, annotations } = JSON.parse(text)
  const initMs = annotations.find(({ key }) => key === 'initTime')?.value
  return { ms, initMs, runMs: Math.max(0, duration - (initMs ?? 0)), cold: initMs !== undefined }
}

function exec() {
  return { kind: 'nodejs:20', code: CODE }
}

function round(ms) {
  return ms.toFixed(1)
}
