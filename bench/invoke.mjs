import { familyOf, HAS_CPU_TIME, meterOf } from './cpu-time.mjs'
import { GENERATOR, throughput } from './generator.mjs'
import { LoadClient, median, percentile } from './load.mjs'
import { PAYLOAD, ROOMY, startForwarder, startRuntime, startStandalone, temporaryFolder } from './processes.mjs'

const CALLS = 600
const SLICES = 5
const SLICE_MS = 1000
const CALLERS = 32
const WARM_MS = 3000
const FRESH_MS = 3000

/**
 * Warm blocking invocations through standalone beside a plain forwarder in front of the bare runtime. Subject and floor
 * take turns in short slices; what is reported are medians.
 */
export async function invoke({ quick = false } = {}) {
  const slices = quick ? 1 : SLICES
  const { folder, remove } = temporaryFolder()
  const runtime = await startRuntime(folder)
  const forwarder = await startForwarder(runtime.socketPath)
  const server = await startStandalone(folder, ROOM)
  try {
    await runtime.init()
    const floor = { name: 'two hops', origin: forwarder.origin, paths: ['/'], body: PAYLOAD, front: forwarder.pid }
    floor.others = () => [runtime.pid]
    const stemcell = (name, actions, path = callPath) => ({
      name,
      origin: server.origin,
      paths: actions.map(path),
      headers: server.headers,
      body: PAYLOAD,
      front: server.pid,
      others: () => familyOf(server.pid).slice(1),
    })
    await server.putAction('bench', WEB)
    await server.putAction('shared', { limits: SMALL })
    const many = Array.from({ length: quick ? 20 : 100 }, (_, index) => `many${index}`)
    for (const name of many) {
      await server.putAction(name, { limits: SMALL })
      await server.invoke(name)
    }
    const one = stemcell('one run per container', ['bench'])
    const shared = stemcell('32 runs per container', ['shared'])
    const web = stemcell('web action', ['bench'], (action) => `/api/v1/web/guest/default/${action}.json`)
    const twenty = stemcell('20 actions in turn', many.slice(0, 20))
    const hundred = stemcell('100 actions in turn', many)

    const subjects = [floor, one, shared, web, twenty, ...(quick ? [] : [hundred])]
    const rows = new Map(subjects.map(({ name }) => [name, { perSecond: [], front: [], others: [] }]))
    for (const subject of subjects) await throughput(subject, CALLERS, WARM_MS, folder)
    for (let slice = 0; slice < slices; slice++) {
      for (const subject of subjects) await measure(subject, rows.get(subject.name), folder)
    }
    const latencies = await inTurns([floor, one, web], quick ? 100 : CALLS)

    const fresh = { floor: [], young: [] }
    for (let round = 0; round < (quick ? 1 : 3); round++) {
      await server.putAction(`fresh${round}`)
      fresh.young.push((await throughput(stemcell('', [`fresh${round}`]), CALLERS, FRESH_MS, folder)).perSecond)
      fresh.floor.push((await throughput(floor, CALLERS, FRESH_MS, folder)).perSecond)
    }

    const of = (subject) => rows.get(subject.name)
    const share = (subject, base = floor) =>
      median(of(subject).perSecond.map((value, slice) => value / of(base).perSecond[slice]))
    const p50 = (subject) => percentile(latencies.get(subject.name), 50)
    const atLeast = (name, value, least) => ({ name, value, target: `>= ${least}`, met: value >= least })
    const atMost = (name, value, most) => ({ name, value, target: `<= ${most}`, met: value <= most })
    return {
      columns: ['/s', 'front µs', 'runtimes µs', 'together µs', 'p50 ms', 'p99 ms'],
      rows: subjects.map((subject) => ({
        name: subject.name,
        values: valuesOf(of(subject), latencies.get(subject.name)),
      })),
      ratios: [
        atLeast('throughput at 32 callers / two hops, 32 runs per container', share(shared), 1.05),
        atLeast('the same, one run per container', share(one), 1),
        atLeast('the same during the first 3 s of an action', median(fresh.young) / median(fresh.floor), 0.6),
        atMost('warm p50 / two hops', p50(one) / p50(floor), 1.05),
        atLeast('20 actions in turn / one', share(twenty, shared), 0.9),
        ...(quick ? [] : [atLeast('100 actions in turn / one', share(hundred, shared), 0.9)]),
        atMost('p50 of a web action / blocking invocation', p50(web) / p50(one), 1.05),
        atMost('start to pong, s', server.startMs / 1000, 0.3),
        atMost('resident when idle, MB', server.idleMb, 80),
      ],
      notes: [
        `load by ${GENERATOR}, ${slices} slices of ${SLICE_MS / 1000} s each in turns, medians`,
        ...(HAS_CPU_TIME ? [] : ['CPU time per request is read from /proc/PID/schedstat, which is not here']),
      ],
    }
  } finally {
    await server.stop()
    await forwarder.stop()
    await runtime.stop()
    remove()
  }
}

/** All containers stay: what is measured is not how they are made. */
const ROOM = { invoker: { userMemoryMb: 32_768 }, ...ROOMY }
const SMALL = { concurrency: 32, memory: 128 }
const WEB = { annotations: [{ key: 'web-export', value: true }] }

function callPath(action) {
  return `/api/v1/namespaces/_/actions/${action}?blocking=true&result=true`
}

async function measure(subject, row, folder) {
  const front = meterOf([subject.front])
  const others = meterOf(subject.others())
  const { perSecond, requests } = await throughput(subject, CALLERS, SLICE_MS, folder)
  row.perSecond.push(perSecond)
  if (!HAS_CPU_TIME) return
  row.front.push(sumUs(front) / requests)
  row.others.push(sumUs(others) / requests)
}

function sumUs(meter) {
  return [...meter.read().values()].reduce((sum, ns) => sum + ns, 0) / 1000
}

/** Sorted times of one caller, each subject a few calls at a time. */
async function inTurns(subjects, calls) {
  const clients = subjects.map(
    ({ origin, paths: [path], headers, body }) => new LoadClient({ origin, path, headers, body, connections: 1 }),
  )
  const times = subjects.map(() => [])
  for (let round = 0; round < SLICES; round++) {
    for (const [index, client] of clients.entries()) {
      times[index].push(...(await client.sequential(calls / SLICES, round === 0 ? 300 : 20)))
    }
  }
  await Promise.all(clients.map((client) => client.close()))
  return new Map(subjects.map(({ name }, index) => [name, times[index].sort((a, b) => a - b)]))
}

function valuesOf({ perSecond, front, others }, times) {
  const values = { '/s': median(perSecond) }
  if (front.length > 0) {
    values['front µs'] = median(front)
    values['runtimes µs'] = median(others)
    values['together µs'] = median(front) + median(others)
  }
  if (times) {
    values['p50 ms'] = percentile(times, 50)
    values['p99 ms'] = percentile(times, 99)
  }
  return values
}
