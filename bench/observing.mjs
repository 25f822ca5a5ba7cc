import { createServer } from 'node:http'
import { once } from 'node:events'
import { cpuNs, HAS_CPU_TIME } from './cpu-time.mjs'
import { LoadClient, median } from './load.mjs'
import { PAYLOAD, startStandalone, temporaryFolder } from './processes.mjs'

const ROUNDS = 24
const CALLS = 1000
const CALLERS = 8
const MAX_SAMPLED = 1.02
const MAX_UNWATCHED = 1.02

/**
 * What looking costs: CPU time of the server for a warm blocking invocation, with each kind of looking on in a server of
 * its own, in turns. A collector answers at once; what it does is not counted.
 */
export async function observing({ quick = false } = {}) {
  if (!HAS_CPU_TIME) return { columns: [], rows: [], ratios: [] }
  const collector = createServer((request, response) => request.resume().on('end', () => response.end()))
  await once(collector.listen(0, '127.0.0.1'), 'listening')
  const endpoint = `http://127.0.0.1:${collector.address().port}`
  const off = { telemetry: false, console: false, gateway: false }
  const traced = (sampleRatio) => ({ ...off, telemetry: { endpoint, sampleRatio, metrics: false } })
  const kinds = {
    nothing: off,
    'nothing, again': off,
    'traces of no request': traced(0),
    'traces of 1 % of the requests': traced(0.01),
    'traces of every request': traced(1),
    'metrics to a collector': { ...off, telemetry: { endpoint, traces: false } },
    'console, nobody listens': {
      ...off,
      console: true,
      api: { operator: { username: 'o', password: 'bench-password' } },
    },
    'console, one listens': { ...off, console: true, api: { operator: { username: 'o', password: 'bench-password' } } },
  }
  const stops = []
  try {
    const subjects = []
    for (const [name, config] of Object.entries(kinds)) {
      const { folder, remove } = temporaryFolder()
      stops.push(remove)
      const server = await startStandalone(folder, config)
      stops.push(() => server.stop())
      await server.putAction('bench', { limits: { concurrency: CALLERS } })
      const client = new LoadClient({
        origin: server.origin,
        path: '/api/v1/namespaces/_/actions/bench?blocking=true&result=true',
        headers: server.headers,
        body: PAYLOAD,
        connections: CALLERS,
      })
      stops.push(() => client.close())
      if (name.endsWith('one listens')) stops.push(await listen(server.origin))
      // Until compiled code is what there will be.
      await client.throughput(CALLERS, quick ? 200 : 5000)
      subjects.push({ name, server, client, us: [] })
    }
    // All work equally often, and each comes first as often as the others: a server that had more to do is faster.
    for (let round = 0; round < (quick ? 2 : ROUNDS); round++) {
      const turn = subjects.map((_, index) => subjects[(index + round) % subjects.length])
      for (const { server, client, us } of turn) us.push(await cpuPerCall(server.pid, client, quick ? 100 : CALLS))
    }
    const [one, other] = subjects
    const of = Object.fromEntries(subjects.map(({ name, us }) => [name, median(us)]))
    const ratio = (name, target) => {
      const { us } = subjects.find((subject) => subject.name === name)
      // By rounds: what else the machine does hits all of one. Two plain servers show how much of it is chance.
      const value = median(us.map((own, round) => own / ((one.us[round] + other.us[round]) / 2)))
      return {
        name: `${name} / nothing`,
        value,
        ...(target ? { target: `<= ${target}`, met: value <= target } : { target: 'none' }),
      }
    }
    return {
      columns: ['CPU µs'],
      rows: Object.entries(of).map(([name, us]) => ({ name, values: { 'CPU µs': us } })),
      ratios: [
        {
          name: 'nothing, again / nothing',
          value: median(other.us.map((us, round) => us / one.us[round])),
          target: 'none',
        },
        ratio('traces of no request'),
        ratio('traces of 1 % of the requests', MAX_SAMPLED),
        ratio('traces of every request'),
        ratio('metrics to a collector'),
        ratio('console, nobody listens', MAX_UNWATCHED),
        ratio('console, one listens'),
      ],
    }
  } finally {
    for (const stop of stops.toReversed()) await stop()
    collector.closeAllConnections()
    collector.close()
  }
}

async function cpuPerCall(pid, client, calls) {
  const before = cpuNs(pid)
  let left = calls
  const caller = async () => {
    while (left-- > 0) await client.call()
  }
  await Promise.all(Array.from({ length: CALLERS }, caller))
  return (cpuNs(pid) - before) / calls / 1000
}

/** Reads the operator stream until it is told to stop. */
async function listen(origin) {
  const abort = new AbortController()
  const response = await fetch(`${origin}/console/operator/stream`, {
    headers: { authorization: `Basic ${Buffer.from('o:bench-password').toString('base64')}` },
    signal: abort.signal,
  })
  if (response.status !== 200) throw new Error(`the operator stream answers ${response.status}`)
  const reading = (async () => {
    for await (const part of response.body) void part
  })().catch((error) => {
    if (!abort.signal.aborted) throw error
  })
  return async () => {
    abort.abort()
    await reading
  }
}
