import {
  assembleController,
  assembleInvoker,
  memoryContainers,
  tokens,
  type ControllerNode,
  type InvokerNode,
  type JsonObject,
} from '@stemcell/core'
import { runRestConformance } from '@stemcell/conformance/vitest'
import { REST_MANIFEST, type RestCaller, type RestTarget } from '@stemcell/conformance/rest'
import { couchStores } from '@stemcell/spi-couchdb'
import { redisQueue, redisRateLimiter } from '@stemcell/spi-redis'
import { randomBytes } from 'node:crypto'
import { afterAll, expect, vi } from 'vitest'
import { describeWith } from '../../../test/describe-with.ts'
import { removeKeys, uniquePrefix } from '../../spi-redis/test/redis-keys.ts'
import { TestServer } from '../../spi-couchdb/test/test-server.ts'

// The servers may share two cores with much else.
vi.setConfig({ testTimeout: 90_000, hookTimeout: 90_000 })

const UNTHROTTLED = { invocationsPerMinute: 1_000_000, concurrentInvocations: 1000, firesPerMinute: 1_000_000 }

describeWith('redis', 'two controllers and two invokers', (redisUrl) => {
  describeWith('couchdb', 'with their queue on Redis and their stores on CouchDB', (couchUrl) => {
    const server = new TestServer(couchUrl)
    const databases = server.databases()
    const keyPrefix = uniquePrefix()
    const redis = { url: redisUrl, keyPrefix }
    const controllers: ControllerNode[] = []
    const invokers: InvokerNode[] = []

    afterAll(async () => {
      for (const node of [...invokers, ...controllers]) await node.close()
      await server.drop()
      await removeKeys(redisUrl, keyPrefix)
    })

    /** Each node has connections of its own, as in a process of its own. */
    async function newController(controllerId: string): Promise<void> {
      const stores = couchStores({ url: couchUrl, databases })
      const [queue, rateLimiter] = [redisQueue(redis), redisRateLimiter(redis)]
      controllers.push(
        await assembleController({ ...stores, queue, rateLimiter, controllerId, manifest: REST_MANIFEST }),
      )
    }

    async function newInvoker(uniqueName: string, apiHost: string): Promise<void> {
      const { entityStore, activationStore } = couchStores({ url: couchUrl, databases })
      const own = { containers: memoryContainers(), invokerInstance: { uniqueName }, invoker: { userMemoryMb: 2048 } }
      const queue = redisQueue(redis)
      const parts = { queue, entityStore, activationStore, ...own, apiHost, manifest: REST_MANIFEST }
      invokers.push(await assembleInvoker(parts))
    }

    /** Made through the controller that is not asked afterwards. */
    async function admit(limits: JsonObject): Promise<RestCaller> {
      const { subjects } = controllers[0]!
      const namespace = `n${randomBytes(6).toString('hex')}`
      const { uuid, key } = await subjects.createUser(namespace)
      await subjects.setLimits(namespace, limits)
      return { namespace, auth: `${uuid}:${key}` }
    }

    runRestConformance('Redis and CouchDB', async (): Promise<RestTarget> => {
      for (const id of ['c0', 'c1']) await newController(id)
      const { url: baseUrl } = await controllers[1]!.listen({ port: 0 })
      for (const name of ['i0', 'i1']) await newInvoker(name, baseUrl)
      const states = async (): Promise<unknown[]> =>
        Object.values((await (await fetch(`${baseUrl}/invokers`)).json()) as JsonObject)
      await vi.waitFor(async () => expect(await states()).toEqual(['up', 'up']), { timeout: 30_000 })
      const [owner, other] = [await admit(UNTHROTTLED), await admit(UNTHROTTLED)]
      const entities = controllers[1]!.use(tokens.ENTITY_STORE)
      const store = async (id: string, document: JsonObject): Promise<void> => void (await entities.put(id, document))
      return { baseUrl, owner, other, admit, store, patienceMs: 20_000 }
    })
  })
})
