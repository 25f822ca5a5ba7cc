import { LeastLoadedBalancer, SeededRandom, ShardingBalancer } from '@stemcell/core'
import { ClusterState } from '../packages/core/dist/controller/cluster/cluster-state.js'

const INVOKERS = 1_000
const INVOKER_BYTES = 8 * 1024 ** 3
const ACTIONS = 10_000
const PLACEMENTS = 1_000_000
const TARGET_PER_SECOND = 300_000
/** Shares of the cluster's memory that are in use while placements are timed. */
const LOADS = [0.3, 0.9]

/**
 * What a choice of an invoker costs with a thousand of them, books included, and how often an action comes to where it
 * runs most. Actions are called as unevenly as words are used: the most popular gets a tenth of all calls.
 */
export async function placement() {
  const rows = []
  const ratios = []
  for (const load of LOADS) {
    for (const balancer of [new ShardingBalancer(), new LeastLoadedBalancer()]) {
      const name = `${balancer.name}, ${load * 100} % in use`
      const { perSecond, locality } = measure(balancer, load)
      rows.push({ name, values: { 'placements/s': perSecond, 'at home %': locality * 100 } })
      ratios.push({
        name: `${name}: placements per second`,
        value: perSecond,
        target: `>= ${TARGET_PER_SECOND}`,
        met: perSecond >= TARGET_PER_SECOND,
      })
    }
    const [openwhisk, other] = rows.slice(-2).map(({ values }) => values['at home %'])
    ratios.push({
      name: `share of placements at home, least-loaded / OpenWhisk’s algorithm, ${load * 100} % in use`,
      value: other / openwhisk,
      target: 'reported',
    })
  }
  return { columns: Object.keys(rows[0].values), rows, ratios }
}

function measure(balancer, load) {
  const random = new SeededRandom(1)
  const cluster = new ClusterState(random)
  for (let id = 0; id < INVOKERS; id++) {
    const instance = { id, userMemoryBytes: INVOKER_BYTES, tags: [], dedicatedNamespaces: [] }
    cluster.ping({ instance, enabled: true }, 0)
  }
  const requests = Array.from({ length: ACTIONS }, (_, action) => ({
    namespace: `ns${action % 500}`,
    action: `ns${action % 500}/action${action}`,
    version: '0.0.1',
    kind: 'nodejs:20',
    memoryMb: 256,
    maxConcurrent: 1,
    blackbox: false,
  }))
  const calls = Uint16Array.from({ length: PLACEMENTS }, zipf(ACTIONS, random))
  const inUse = Math.floor(((INVOKERS * INVOKER_BYTES) / 1024 ** 2 / 256) * load)
  const placed = new Int32Array(PLACEMENTS)

  let waits = 0
  const began = performance.now()
  for (let at = 0; at < PLACEMENTS; at++) {
    const request = requests[calls[at]]
    const choice = balancer.place(request, cluster)
    placed[at] = choice.invoker ?? -1
    if (placed[at] < 0) waits++
    else cluster.take(placed[at], request)
    const ended = at - inUse
    if (ended >= 0 && placed[ended] >= 0) cluster.release(placed[ended], requests[calls[ended]])
  }
  const seconds = (performance.now() - began) / 1000
  return { perSecond: (PLACEMENTS - waits) / seconds, locality: localityOf(calls, placed) }
}

/** Share of the placements that came to the invoker where their action runs most. */
function localityOf(calls, placed) {
  const perAction = Array.from({ length: ACTIONS }, () => new Map())
  for (let at = 0; at < PLACEMENTS; at++) {
    const counts = perAction[calls[at]]
    counts.set(placed[at], (counts.get(placed[at]) ?? 0) + 1)
  }
  return perAction.reduce((sum, counts) => sum + Math.max(0, ...counts.values()), 0) / PLACEMENTS
}

/** Draws 0 to `count` - 1, number `n` in proportion to 1 / (n + 1). */
function zipf(count, random) {
  const sums = new Float64Array(count)
  let sum = 0
  for (let n = 0; n < count; n++) sums[n] = sum += 1 / (n + 1)
  return () => {
    const draw = (random.below(2 ** 31) / 2 ** 31) * sum
    let low = 0
    let high = count - 1
    while (low < high) {
      const middle = (low + high) >>> 1
      if (sums[middle] < draw) low = middle + 1
      else high = middle
    }
    return low
  }
}
