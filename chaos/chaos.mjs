// Kills parts of a cluster at random under a steady load, and then accounts for every activation that was accepted:
// `npm run chaos -- --queue redis|kafka [--minutes 3] [--seed N] [--callers 16] [--controllers 2] [--invokers 3] [--lose]`.
// With `--lose`, an invoker and a controller among the killed are never started again: the others finish their work.
// With `--rolling`, every process is asked to stop and started again, one after the other, instead: then nothing at all
// may fail.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { clusterConfig } from '../examples/cluster/cluster-config.mjs'
import { LocalCluster } from '../examples/cluster/local-cluster.mjs'
import { numberOf, readArguments, refuseArguments } from '../scripts/read-arguments.mjs'
import { account } from './account.mjs'
import { kafkaBackend, redisBackend } from './backends.mjs'
import { Load } from './load.mjs'
import { pick, seeded } from './seeded.mjs'

const USAGE = `npm run chaos -- [--queue redis|kafka] [--minutes 3] [--seed S] [--callers 16] [--controllers 2] [--invokers 3]
                       [--lose] [--rolling] [--keep]`
const { values } = readArguments(USAGE, {
  queue: { type: 'string', default: 'redis' },
  minutes: { type: 'string', default: '3' },
  seed: { type: 'string', default: String(Math.floor(Math.random() * 2 ** 31)) },
  callers: { type: 'string', default: '16' },
  controllers: { type: 'string', default: '2' },
  invokers: { type: 'string', default: '3' },
  lose: { type: 'boolean', default: false },
  rolling: { type: 'boolean', default: false },
  keep: { type: 'boolean', default: false },
})
const { queue, minutes, seed, callers, lose, rolling, keep } = values
if (queue !== 'redis' && queue !== 'kafka') refuseArguments(`--queue is '${queue}': give redis or kafka`, USAGE)
numberOf('minutes', minutes, USAGE, { least: 0.01, most: 1_440, whole: false })
numberOf('seed', seed, USAGE, { least: 0 })
numberOf('callers', callers, USAGE, { least: 1, most: 1_000 })
const counts = {
  controllers: numberOf('controllers', values.controllers, USAGE, { least: 1, most: 20 }),
  invokers: numberOf('invokers', values.invokers, USAGE, { least: 1, most: 50 }),
}
if (lose && (rolling || counts.controllers < 2 || counts.invokers < 2)) {
  refuseArguments('--lose leaves one less of each kind: at least 2 controllers and 2 invokers, and no --rolling', USAGE)
}
const again = [
  `npm run chaos -- --queue ${queue} --minutes ${minutes} --seed ${seed} --callers ${callers}`,
  ...(lose ? ['--lose'] : []),
  ...(rolling ? ['--rolling'] : []),
].join(' ')
console.log(`seed ${seed}; the same kills again: ${again}`)

/** Time between two kills, and how long the victim stays dead, ms. */
const CALM = { least: 2_000, most: 8_000 }
const DEAD = { least: 0, most: 6_000 }
/**
 * What callers may see while processes are restarted in turn: results, those of the action that fails included, and a
 * controller that is not there or says so.
 */
const BORNE = new Set(['200', '202', '502', '503', 'ECONNREFUSED'])
/** When members are lost, and when all controllers have been restarted since, as parts of the whole time. */
const LOSSES = { invoker: 1 / 3, controller: 1 / 2, memory: 2 / 3 }
/**
 * Time for everything to settle at the end: reclaimed messages, forced completions, records; and with `--lose`, 30 s in
 * which a controller that was restarted last listens before it takes anybody for dead, and 30 s until it looks again.
 */
const SETTLE_MS = 150_000

const folder = mkdtempSync(join(tmpdir(), 'stemcell-chaos-'))
const random = seeded(Number(seed))
const between = ({ least, most }) => least + Math.floor(random() * (most - least))
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms))

const redis = await redisBackend(folder)
const kafka = queue === 'kafka' ? await kafkaBackend(folder) : undefined
const backends = kafka ? [redis, kafka] : [redis]
let cluster
let load
let failed = true
try {
  for (const backend of backends) await backend.start()
  cluster = await LocalCluster.start({
    folder,
    ...counts,
    config: (apiHost) => ({
      ...clusterConfig({
        queue,
        redisUrl: redis.url,
        kafkaBrokers: kafka?.brokers,
        prefix: `chaos-${process.pid}`,
        apiHost,
      }),
      // An activation that nobody speaks of any more is given up soon, so that the end can be waited for.
      limits: { timeoutMs: { min: 100, std: 3000, max: 5000 }, completionTimeoutAddonMs: 20_000 },
      drainMs: 20_000,
    }),
  })
  const ledger = join(folder, 'started')
  load = new Load({ controllers: cluster.controllers, authorization: cluster.authorization, ledger, random: seeded(1) })
  await load.prepare()
  load.start(Number(callers))

  const lastingMs = Number(minutes) * 60_000
  const untilMs = Date.now() + lastingMs
  const losses = lose ? lossesFrom(Date.now(), lastingMs, cluster) : []
  const lost = new Set(losses.filter(({ forGood }) => forGood).map(({ node }) => node))
  const kills = rolling
    ? await restartInTurn(cluster.nodes, untilMs)
    : await killAtRandom([...cluster.nodes, ...backends], untilMs, losses)
  for (const part of [...backends, ...cluster.nodes]) if (!lost.has(part)) await part.start()
  await load.stop()
  await cluster.untilUp()
  console.log(`${rolling ? 'restarts' : 'kills'}: ${JSON.stringify(kills)}`)
  console.log(`answers: ${JSON.stringify(load.outcomes)}; accepted: ${load.accepted.size}`)
  const { unaccounted, duplicates, startedTwice, inFlight } = await account({
    controllers: cluster.controllers.filter(({ running }) => running),
    authorization: cluster.authorization,
    accepted: load.accepted,
    ledger,
    deadlineMs: SETTLE_MS,
  })
  await cluster.stop()
  const containers = containersLeft()
  for (const id of unaccounted.slice(0, 10)) console.log(`no record: ${id} ${JSON.stringify(load.accepted.get(id))}`)
  for (const id of startedTwice.slice(0, 10)) console.log(`started twice: ${id}`)
  console.log(
    `unaccounted ${unaccounted.length}, duplicates ${duplicates.length}, started twice ${startedTwice.length}, ` +
      `slots taken ${inFlight}, containers ${containers.length}`,
  )
  const notAnswered = rolling ? Object.keys(load.outcomes).filter((outcome) => !BORNE.has(outcome)) : []
  if (notAnswered.length > 0) console.log(`callers saw what they must not see: ${notAnswered.join(', ')}`)
  failed =
    load.accepted.size === 0 ||
    notAnswered.length > 0 ||
    unaccounted.length + duplicates.length + startedTwice.length + inFlight + containers.length > 0
} finally {
  await cluster?.stop()
  for (const backend of backends.toReversed()) await backend.stop()
  await load?.close()
  if (keep || failed) console.log(`logs and data are kept in ${folder}`)
  else rmSync(folder, { recursive: true, force: true })
}
console.log(failed ? `FAILED; the same kills again: ${again} --keep` : 'nothing was lost')
process.exit(failed ? 1 : 0)

/**
 * Who is lost, and when. Of the invokers the last: controllers that are restarted know of a lower number by a higher
 * one, but of the last only by what was written down. So the other controllers are restarted, too.
 */
function lossesFrom(beginMs, lastingMs, { controllers, invokers }) {
  const at = (part, node, forGood) => ({ atMs: beginMs + lastingMs * part, node, forGood })
  const controller = pick(random, controllers)
  return [
    at(LOSSES.invoker, invokers.at(-1), true),
    at(LOSSES.controller, controller, true),
    ...controllers.filter((node) => node !== controller).map((node) => at(LOSSES.memory, node, false)),
  ]
}

/** Kills one part after the other and starts it again, but for those to be lost; never two kinds of backend at once. */
async function killAtRandom(parts, untilMs, losses) {
  const kills = {}
  const lost = new Set()
  const kill = async (victim, forGood) => {
    const deadMs = between(DEAD)
    const fate = forGood ? 'for good' : `dead for ${deadMs} ms`
    console.log(`kill ${victim.name}, ${fate}; ${load.accepted.size} accepted so far`)
    kills[victim.name] = (kills[victim.name] ?? 0) + 1
    await victim.kill()
    if (forGood) return void lost.add(victim)
    await sleep(deadMs)
    await victim.start()
  }
  while (Date.now() < untilMs) {
    await sleep(between(CALM))
    while (losses[0]?.atMs <= Date.now()) {
      const { node, forGood } = losses.shift()
      await kill(node, forGood)
    }
    const mortal = parts.filter((part) => !lost.has(part))
    await kill(pick(random, mortal), false)
  }
  return kills
}

/** Asks one process after the other to stop, and starts it again; all of them at least once. */
async function restartInTurn(nodes, untilMs) {
  const restarts = {}
  do {
    for (const node of nodes) {
      await sleep(between(CALM))
      console.log(`restart ${node.name}; ${load.accepted.size} accepted so far`)
      restarts[node.name] = (restarts[node.name] ?? 0) + 1
      await node.stop()
      await node.start()
      await cluster.untilUp()
    }
  } while (Date.now() < untilMs)
  return restarts
}

/** Processes of action containers of this cluster that outlived it. */
function containersLeft() {
  return readdirSync('/proc').filter((pid) => {
    if (!/^\d+$/.test(pid) || Number(pid) === process.pid) return false
    try {
      return readFileSync(`/proc/${pid}/environ`, 'utf8').includes(folder)
    } catch (error) {
      if (['EACCES', 'ENOENT', 'ESRCH'].includes(error.code)) return false
      throw error
    }
  })
}
