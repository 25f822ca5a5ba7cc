import { cpuPerCall } from './cluster-cpu.mjs'
import { LoadClient, median } from './load.mjs'
import { PAYLOAD, until } from './processes.mjs'

const BLOCKS = 10
const WARMUP = 200
const CALLERS = 32
const SLICES = 5
/** Of an invoker of the example: with 256 MB each it has room for four, far less than the cores can do. */
const SLOTS = 4
const SLEEPER = {
  exec: {
    kind: 'nodejs:default',
    code: 'function main() { return new Promise((resolve) => setTimeout(() => resolve({ done: true }), 50)) }',
  },
  limits: { memory: 256 },
}

/**
 * Milliseconds of calls of one warm action, one at a time and in turns with the queue alone; calls per second of many
 * callers; and of both, microseconds that each kind of process computes per call.
 */
export async function latencies({ bare, server, processes }, count) {
  await processes.putAction('shared', { limits: { concurrency: CALLERS } })
  const [standalone, cluster] = [caller(server, 'shared'), caller(processes, 'shared')]
  const times = { bare: [], standalone: [], cluster: [] }
  const subjects = {
    standalone: { client: standalone, pids: () => ({ all: server.pids() }) },
    cluster: { client: cluster, pids: () => processes.pids() },
  }
  const cpu = { standalone: { one: [], many: [] }, cluster: { one: [], many: [] } }
  const rates = { standalone: [], cluster: [] }
  try {
    for (let block = 0; block < BLOCKS; block++) {
      const warmup = block === 0 ? WARMUP : 5
      times.bare.push(...(await roundTrips(bare, count / BLOCKS, warmup)))
      for (const [side, { client, pids }] of Object.entries(subjects)) {
        await client.sequential(0, warmup)
        const calls = count / BLOCKS
        const { result, us } = await cpuPerCall(pids(), calls, () => client.sequential(calls, 0))
        times[side].push(...result)
        cpu[side].one.push(us)
      }
    }
    for (const list of Object.values(times)) list.sort((a, b) => a - b)
    for (const { client } of Object.values(subjects)) await callTogether(client, CALLERS, count / 2)
    for (let slice = 0; slice < SLICES; slice++) {
      for (const [side, { client, pids }] of Object.entries(subjects)) {
        const { result, us } = await cpuPerCall(pids(), count, () => callTogether(client, CALLERS, count))
        rates[side].push(result)
        cpu[side].many.push(us)
      }
    }
    return {
      times,
      rates: { standalone: median(rates.standalone), cluster: median(rates.cluster) },
      cpu: { standalone: medians(cpu.standalone), cluster: medians(cpu.cluster) },
    }
  } finally {
    await Promise.all([standalone.close(), cluster.close()])
  }
}

/** By kind of process, of one caller and of many. */
function medians({ one, many }) {
  const of = (samples, name) => median(samples.map((us) => us[name]))
  return Object.keys(one[0]).map((name) => ({ name, one: of(one, name), many: of(many, name) }))
}

/** Calls per second while so many callers share so many calls. */
async function callTogether(client, callers, count) {
  let left = count
  const start = performance.now()
  const call = async () => {
    while (left-- > 0) await client.call()
  }
  await Promise.all(Array.from({ length: callers }, call))
  return (count * 1000) / (performance.now() - start)
}

/** Calls per second of an action that waits, on all invokers and then on one of them, which is the one that is left. */
export async function throughputs(processes, invokers, ms, warmupMs) {
  await processes.putAction('sleeper', SLEEPER)
  const client = caller(processes, 'sleeper')
  try {
    await until(() => areWarm(processes, SLOTS * invokers), 'every slot has a warm container', 120_000, 50)
    const many = await client.throughput(CALLERS, ms, warmupMs)
    await processes.keepInvokers(1)
    await until(() => areWarm(processes, SLOTS), 'every slot has a warm container', 120_000, 50)
    const one = await client.throughput(CALLERS, ms, warmupMs)
    const row = (value) => ({ '50 ms action /s': value })
    return { rows: { [`${invokers} invokers`]: row(many), 'one invoker': row(one) }, factor: many / one }
  } finally {
    await client.close()
  }
}

/** So many calls at once wait for no container to be made. */
async function areWarm(processes, count) {
  const records = await Promise.all(Array.from({ length: count }, () => processes.invoke('sleeper')))
  const hows = records.map(({ annotations }) => annotations.find(({ key }) => key === 'acquired').value.how)
  return hows.every((how) => how === 'hot' || how === 'resumed')
}

async function roundTrips(roundTrip, count, warmup) {
  const times = []
  for (let call = -warmup; call < count; call++) {
    const start = performance.now()
    await roundTrip()
    if (call >= 0) times.push(performance.now() - start)
  }
  return times
}

function caller({ origin, headers }, action) {
  return new LoadClient({
    origin,
    headers,
    path: `/api/v1/namespaces/_/actions/${action}?blocking=true&result=true`,
    body: PAYLOAD,
  })
}
