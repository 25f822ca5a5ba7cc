import { createServer } from 'node:http'
import { once } from 'node:events'
import { createConsole } from '@stemcell/console'
import { assemble, memoryContainers, mergeObservers } from '@stemcell/core'
import { prometheusMetrics } from '@stemcell/metrics-prometheus'
import { openTelemetry } from '@stemcell/opentelemetry'
import { median } from './load.mjs'

const ROUNDS = 500
const CALLS = 50
const WARM_UP = 40
const MAX_SAMPLED = 1.02
const MAX_UNWATCHED = 1.02

/**
 * What looking costs: CPU time of a warm blocking invocation, from the request to the answer, without sockets and
 * without a container's process, so that a small difference can be seen. Platforms that are looked at in different ways
 * live in one process and take turns in short slices: what else the machine does, and what the compiler has learnt, is
 * the same for all of them. A collector answers at once, in the same process.
 */
export async function observing({ quick = false } = {}) {
  const collector = createServer((request, response) => request.resume().on('end', () => response.end()))
  await once(collector.listen(0, '127.0.0.1'), 'listening')
  const endpoint = `http://127.0.0.1:${collector.address().port}`
  const traces = (sampleRatio) => ({ telemetry: { endpoint, sampleRatio, metrics: false } })
  const kinds = {
    nothing: {},
    'nothing, again': {},
    'traces of no request': traces(0),
    'traces of 1 % of the requests': traces(0.01),
    'traces of every request': traces(1),
    'metrics to a collector': { telemetry: { endpoint, traces: false } },
    'console, nobody listens': { console: true },
  }
  const subjects = []
  try {
    for (const [name, kind] of Object.entries(kinds)) subjects.push({ name, us: [], ...(await start(kind)) })
    for (let slice = 0; slice < WARM_UP; slice++) for (const { call } of subjects) await cpuPerCall(call)
    for (let round = 0; round < (quick ? 5 : ROUNDS); round++) {
      // Each comes first as often as the others.
      for (const index of subjects.keys()) {
        const { call, us } = subjects[(index + round) % subjects.length]
        us.push(await cpuPerCall(call))
      }
    }
    const [one, other] = subjects
    const ratio = (name, target) => {
      const { us } = subjects.find((subject) => subject.name === name)
      const value = median(us.map((own, round) => own / ((one.us[round] + other.us[round]) / 2)))
      const judged = target === undefined ? { target: 'none' } : { target: `<= ${target}`, met: value <= target }
      return { name: `${name} / nothing`, value, ...judged }
    }
    return {
      columns: ['CPU µs'],
      rows: subjects.map(({ name, us }) => ({ name, values: { 'CPU µs': median(us) } })),
      ratios: [
        // How much of the others is chance.
        ratio('nothing, again'),
        ratio('traces of no request'),
        ratio('traces of 1 % of the requests', MAX_SAMPLED),
        ratio('traces of every request'),
        ratio('metrics to a collector'),
        ratio('console, nobody listens', MAX_UNWATCHED),
      ],
    }
  } finally {
    for (const { stop } of subjects) await stop()
    collector.closeAllConnections()
    collector.close()
  }
}

async function start({ telemetry: options, console: wanted }) {
  const metrics = prometheusMetrics()
  await metrics.load()
  const telemetry = options && openTelemetry(options)
  const watching = wanted && createConsole({ operator: { username: 'operator', password: 'of the bench' } })
  const platform = await assemble({
    containers: memoryContainers(),
    observers: mergeObservers(metrics.observers, telemetry?.observers, watching?.observers),
    limits: { invocationsPerMinute: 1e9 },
    ...(telemetry?.tracer && { tracer: telemetry.tracer }),
    ...(watching && { mounts: [watching.mount] }),
  })
  watching?.watch(platform)
  await platform.subjects.createUser('guest')
  const guest = await platform.client('guest')
  await guest.putAction('bench', { exec: { kind: 'nodejs:20', code: 'function main(args) { return { echo: args } }' } })
  return {
    call: () => guest.request('POST', 'actions/bench?blocking=true', { name: 'stem cell' }),
    stop: async () => {
      watching?.close()
      await platform.close()
      await telemetry?.close()
    },
  }
}

async function cpuPerCall(call) {
  const before = process.cpuUsage()
  for (let calls = 0; calls < CALLS; calls++) await call()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / CALLS
}
