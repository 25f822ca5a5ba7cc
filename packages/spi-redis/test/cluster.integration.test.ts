import {
  assembleController,
  assembleInvoker,
  memoryContainers,
  type ControllerNode,
  type InvokerNode,
  type JsonObject,
} from '@stemcell/core'
import { redisQueue, redisRateLimiter, redisStores } from '@stemcell/spi-redis'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { describeWith } from '../../../test/describe-with.ts'
import { removeKeys, uniquePrefix, withRedis } from './redis-keys.ts'

const ECHO = { exec: { kind: 'nodejs:20', code: 'function main(args) { return args }' } }

describeWith('redis', 'a cluster that has nothing in common but Redis', (url) => {
  const keyPrefix = uniquePrefix()
  let controllers: ControllerNode[] = []
  let invokers: InvokerNode[] = []

  /** Each node has connections of its own, as in a process of its own. */
  const parts = (node: string) => {
    const options = { url, keyPrefix, connectionName: node }
    return { queue: redisQueue(options), stores: redisStores(options), rateLimiter: redisRateLimiter(options) }
  }

  beforeAll(async () => {
    controllers = await Promise.all(
      ['c0', 'c1'].map((controllerId) => {
        const { queue, stores, rateLimiter } = parts(controllerId)
        return assembleController({ queue, ...stores, rateLimiter, controllerId })
      }),
    )
    invokers = await Promise.all(
      ['i0', 'i1'].map((uniqueName) => {
        const { queue, stores } = parts(uniqueName)
        const { entityStore, activationStore } = stores
        const own = { containers: memoryContainers(), invokerInstance: { uniqueName }, invoker: { userMemoryMb: 1024 } }
        return assembleInvoker({ queue, entityStore, activationStore, ...own, apiHost: '' })
      }),
    )
    await controllers[0]!.subjects.createUser('guest')
    const up = async (): Promise<void> => {
      for (const node of controllers) {
        const { body } = await (await node.client('guest')).request('GET', '/invokers')
        expect(Object.values(body as JsonObject)).toEqual(['up', 'up'])
      }
    }
    await vi.waitFor(up, { timeout: 20_000 })
  })

  afterAll(async () => {
    for (const node of [...controllers, ...invokers]) await node.close()
    await removeKeys(url, keyPrefix)
  })

  it('runs through one controller what was written through the other, and stores a record of each', async () => {
    await controllers[0]!.subjects.setLimits('guest', { invocationsPerMinute: 1000, concurrentInvocations: 1000 })
    const clients = await Promise.all(controllers.map((node) => node.client('guest')))
    await clients[0]!.putAction('echo', ECHO)
    const ids = await Promise.all(
      Array.from({ length: 100 }, async (_, index) => {
        const answer = await clients[index % 2]!.request('POST', 'actions/echo?blocking=true', { index })
        expect(answer.status).toBe(200)
        const { activationId, response } = answer.body as { activationId: string; response: JsonObject }
        expect(response['result']).toEqual({ index })
        return activationId
      }),
    )
    const found = async (): Promise<number> => {
      const answers = await Promise.all(ids.map((id) => clients[1]!.request('GET', `activations/${id}`)))
      return answers.filter(({ status }) => status === 200).length
    }
    await expect.poll(found, { timeout: 10_000 }).toBe(100)
  })

  it('allows a namespace exactly its limit over both controllers', async () => {
    const minute = (): Promise<number> =>
      withRedis(url, async (redis) => Math.floor(Number((await redis.time())[0]) / 60))
    const allowedOf40 = async (namespace: string): Promise<number> => {
      const { subjects } = controllers[0]!
      await subjects.createUser(namespace)
      await subjects.setLimits(namespace, { invocationsPerMinute: 10, concurrentInvocations: 1000 })
      const clients = await Promise.all(controllers.map((node) => node.client(namespace)))
      await clients[0]!.putAction('echo', ECHO)
      const answers = await Promise.all(
        Array.from({ length: 40 }, (_, index) => clients[index % 2]!.request('POST', 'actions/echo?blocking=true', {})),
      )
      return answers.filter(({ status }) => status === 200).length
    }
    // A minute that begins in between has a count of its own: once more, then.
    let allowed: number | undefined
    for (let round = 0; allowed === undefined; round++) {
      const before = await minute()
      const counted = await allowedOf40(`limited${round}`)
      if ((await minute()) === before) allowed = counted
    }
    expect(allowed).toBe(10)
  })

  it('goes on without an invoker that leaves', async () => {
    await invokers.pop()!.close({ drainMs: 5000 })
    const client = await controllers[1]!.client('guest')
    for (let index = 0; index < 20; index++) {
      const { status } = await client.request('POST', 'actions/echo?blocking=true', { index })
      expect(status).toBe(200)
    }
  })
})
