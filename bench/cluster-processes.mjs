import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { Pool } from 'undici'
import { familyOf } from './cpu-time.mjs'
import { clusterConfig } from '../examples/cluster/cluster-config.mjs'
import { LocalCluster } from '../examples/cluster/local-cluster.mjs'
import { removeTopics } from '../packages/spi-kafka/bench/bare-kafka.mjs'
import { redisPids, removeKeysOf } from '../packages/spi-redis/bench/bare-redis.mjs'
import { putAction, ROOMY, until } from './processes.mjs'

/** One controller and so many invokers as processes; `remove()` leaves nothing of them behind. */
export async function startCluster({ folder, invokers, prefix, ...places }) {
  const data = join(folder, prefix)
  const removeData = async () => {
    rmSync(data, { recursive: true, force: true })
    await removeKeysOf(places.redisUrl, prefix)
    if (places.queue === 'kafka') await removeTopics(places.kafkaBrokers.split(','), prefix)
  }
  let cluster
  try {
    cluster = await LocalCluster.start({
      folder: data,
      config: (apiHost) => ({ ...clusterConfig({ ...places, prefix, apiHost }), ...ROOMY }),
      controllers: 1,
      invokers,
    })
  } catch (error) {
    await removeData()
    throw error
  }
  const [{ url: origin }] = cluster.controllers
  const headers = { authorization: cluster.authorization }
  const client = new Pool(origin, { connections: 32 })
  const redis = await redisPids(places.redisUrl)

  async function invokersUp() {
    const { body } = await client.request({ method: 'GET', path: '/invokers' })
    return Object.values(await body.json()).filter((state) => state === 'up').length
  }

  return {
    origin,
    headers,
    /** The processes of each kind, as they are now. */
    pids: () => {
      const running = ({ pid }) => (pid === undefined ? [] : [pid])
      const invokers = cluster.invokers.flatMap(running)
      const runtimes = invokers.flatMap((pid) => familyOf(pid).slice(1))
      return { controller: cluster.controllers.flatMap(running), invoker: invokers, redis, runtimes }
    },
    putAction: (name, extra) => putAction(client, headers, name, extra),
    /** The record of a blocking call. */
    invoke: async (name) => {
      const path = `/api/v1/namespaces/_/actions/${name}?blocking=true`
      const { statusCode, body } = await client.request({ method: 'POST', path, headers })
      const text = await body.text()
      if (statusCode !== 200) throw new Error(`${name}: ${statusCode} ${text}`)
      return JSON.parse(text)
    },
    /** Stops the others, and resolves once the controller knows. */
    keepInvokers: async (count) => {
      await Promise.all(cluster.invokers.slice(count).map((invoker) => invoker.stop()))
      await until(async () => (await invokersUp()) === count, `${count} invokers up`, 60_000, 50)
    },
    remove: async () => {
      await client.destroy()
      await cluster.stop()
      await removeData()
    },
  }
}
