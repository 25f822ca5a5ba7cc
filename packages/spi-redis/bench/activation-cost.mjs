// What a blocking activation costs on a cluster of one controller and one invoker over a redis-server of its own, in
// turns with the queue in memory: commands that Redis runs, and the time that each process computes.
//   node packages/spi-redis/bench/activation-cost.mjs [activations] [callers]
import { Redis } from 'ioredis'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { clusterConfig } from '../../../examples/cluster/cluster-config.mjs'
import { freePort, LocalCluster } from '../../../examples/cluster/local-cluster.mjs'
import { cpuNs, familyOf } from '../../../bench/cpu-time.mjs'
import { LoadClient, percentile } from '../../../bench/load.mjs'
import { PAYLOAD, putAction, ROOMY, startStandalone, temporaryFolder, until } from '../../../bench/processes.mjs'

const [activations = 1000, mostCallers = 32] = process.argv.slice(2).map(Number)
const SLICES = 5

const { folder, remove } = temporaryFolder()
const port = await freePort()
const server = spawn('redis-server', ['--port', port, '--bind', '127.0.0.1', '--save', '', '--dir', folder], {
  stdio: 'ignore',
})
const redis = new Redis(port, '127.0.0.1', { retryStrategy: () => 50 })
redis.on('error', () => undefined)
await until(async () => (await redis.ping()) === 'PONG', 'redis-server up', 10_000, 50)
const standalone = await startStandalone(join(folder))
const places = { queue: 'redis', redisUrl: `redis://127.0.0.1:${port}`, prefix: 'cost' }
const cluster = await LocalCluster.start({
  folder: join(folder, 'cluster'),
  config: (apiHost) => ({ ...clusterConfig({ ...places, apiHost }), ...ROOMY }),
  controllers: 1,
  invokers: 1,
})
try {
  const [{ url: origin, pid: controller }] = cluster.controllers
  const [{ pid: invoker }] = cluster.invokers
  const headers = { authorization: cluster.authorization }
  const path = '/api/v1/namespaces/_/actions/shared?blocking=true&result=true'
  const ours = new LoadClient({ origin, headers, path, body: PAYLOAD })
  const floor = new LoadClient({ origin: standalone.origin, headers: standalone.headers, path, body: PAYLOAD })
  await putAction(ours.pool, headers, 'shared', { limits: { concurrency: 32 } })
  await standalone.putAction('shared', { limits: { concurrency: 32 } })
  for (const callers of [1, mostCallers]) {
    await calls(ours, callers, activations)
    await calls(floor, callers, activations)
    const runtimes = familyOf(invoker).filter((pid) => pid !== invoker)
    const groups = {
      controller: [controller],
      redis: [server.pid],
      invoker: [invoker],
      runtimes,
      client: [process.pid],
    }
    const times = { ours: [], floor: [] }
    const cpu = Object.fromEntries(Object.keys(groups).map((name) => [name, []]))
    const floorCpu = []
    const stats = []
    for (let slice = 0; slice < SLICES; slice++) {
      const floorPids = familyOf(standalone.pid)
      const floorBefore = total(floorPids)
      times.floor.push(...(await calls(floor, callers, activations)))
      floorCpu.push((total(floorPids) - floorBefore) / activations / 1000)
      await redis.config('RESETSTAT')
      const before = Object.fromEntries(Object.entries(groups).map(([name, pids]) => [name, total(pids)]))
      times.ours.push(...(await calls(ours, callers, activations)))
      for (const [name, pids] of Object.entries(groups))
        cpu[name].push((total(pids) - before[name]) / activations / 1000)
      stats.push(await commandStats())
    }
    const sorted = (list) => [...list].sort((a, b) => a - b)
    const p50 = (list) => percentile(sorted(list), 50)
    print(`\n${callers} caller(s), ${SLICES} x ${activations} activations`)
    print('  p50 ms', p50(times.ours).toFixed(3), 'queue in memory', p50(times.floor).toFixed(3))
    print('  added p50 ms', (p50(times.ours) - p50(times.floor)).toFixed(3))
    const medians = Object.fromEntries(Object.entries(cpu).map(([name, list]) => [name, p50(list)]))
    for (const [name, us] of Object.entries(medians)) print(`  cpu us ${name}`, us.toFixed(1))
    const all = Object.values(medians).reduce((a, b) => a + b, 0)
    print('  cpu us all', all.toFixed(1), 'standalone with its runtimes', p50(floorCpu).toFixed(1))
    const commands = new Map()
    for (const slice of stats) for (const [name, n] of slice) commands.set(name, (commands.get(name) ?? 0) + n)
    const per = [...commands].map(([name, n]) => [name, n / SLICES / activations]).filter(([, n]) => n >= 0.005)
    print('  commands, those inside scripts included', per.reduce((sum, [, n]) => sum + n, 0).toFixed(2))
    print(
      '   ',
      per
        .sort((a, b) => b[1] - a[1])
        .map(([name, n]) => `${name} ${n.toFixed(2)}`)
        .join(', '),
    )
  }
  await Promise.all([ours.close(), floor.close()])
} finally {
  await standalone.stop()
  await cluster.stop()
  redis.disconnect()
  server.kill()
  await once(server, 'exit')
  remove()
}

function print(...words) {
  process.stdout.write(`${words.join(' ')}\n`)
}

async function calls(client, callers, count) {
  const times = []
  let left = count
  const caller = async () => {
    while (left-- > 0) {
      const start = performance.now()
      await client.call()
      times.push(performance.now() - start)
    }
  }
  await Promise.all(Array.from({ length: callers }, caller))
  return times
}

function total(pids) {
  return pids.reduce((sum, pid) => sum + cpuNs(pid), 0)
}

async function commandStats() {
  const text = await redis.info('commandstats')
  return [...text.matchAll(/^cmdstat_([^:]+):calls=(\d+)/gm)].map(([, name, n]) => [name, Number(n)])
}
