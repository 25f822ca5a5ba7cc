import { randomBytes } from 'node:crypto'
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { FaultProxy } from '../../../packages/spi-couchdb/test/fault-proxy.ts'
import { TestServer } from '../../../packages/spi-couchdb/test/test-server.ts'
import { removeKeys } from '../../../packages/spi-redis/test/redis-keys.ts'
import { describeWith } from '../../../test/describe-with.ts'
import { clusterConfig } from '../cluster-config.mjs'
import { LocalCluster } from '../local-cluster.mjs'

const MINUTE_MS = 60_000
const CALLERS = 16
const SLOW = `function main({ index }) {
  return new Promise((resolve) => setTimeout(() => resolve({ index }), 100))
}`

const INTERRUPTED = /The activation was interrupted/

interface Told {
  readonly activationId: string
  /** The result, when it came with the answer. */
  readonly result?: unknown
}

interface Page {
  readonly activationId: string
}

describeWith('redis', 'a cluster with its queue on Redis', (redisUrl) => {
  describeWith('couchdb', 'and its stores on CouchDB', (couchUrl) => {
    const server = new TestServer(couchUrl)
    // What CouchDB allows in the name of a database.
    const prefix = `t${randomBytes(6).toString('hex')}`
    let folder: string
    let proxy: FaultProxy
    let cluster: LocalCluster

    beforeAll(async () => {
      folder = mkdtempSync(join(tmpdir(), 'stemcell-couchdb-cluster-'))
      proxy = await FaultProxy.start(couchUrl)
      server.own(['whisks', 'subjects', 'activations'].map((name) => `${prefix}_${name}`))
      cluster = await LocalCluster.start({
        folder,
        controllers: 2,
        invokers: 2,
        config: (apiHost) => ({
          ...clusterConfig({ queue: 'redis', redisUrl, couchUrl: proxy.url, prefix, apiHost }),
          limits: { invocationsPerMinute: 1_000_000, concurrentInvocations: 1000 },
        }),
      })
    }, 2 * MINUTE_MS)

    afterAll(async () => {
      await proxy.up()
      await cluster?.stop()
      await proxy.down()
      await server.drop()
      await removeKeys(redisUrl, prefix)
      rmSync(folder, { recursive: true, force: true })
    }, MINUTE_MS)

    async function call(controller: number, method: string, path: string, body?: object) {
      const response = await fetch(`${cluster.controllers[controller]!.url}/api/v1/namespaces/_/${path}`, {
        method,
        headers: { authorization: cluster.authorization, 'content-type': 'application/json' },
        ...(body && { body: JSON.stringify(body) }),
      })
      return { status: response.status, body: (await response.json()) as Record<string, unknown> }
    }

    /** Asks one thing after the other of both controllers, blocking or not, and keeps what it is told. */
    async function caller(number: number, told: Told[], isOver: () => boolean): Promise<void> {
      for (let turn = 0; !isOver(); turn++) {
        const index = number * 100_000 + turn
        const query = turn % 2 === 0 ? '?blocking=true' : ''
        const { status, body } = await call((number + turn) % 2, 'POST', `actions/slow${query}`, { index })
        const activationId = body['activationId']
        if (typeof activationId !== 'string') continue
        const { result } = (body['response'] ?? {}) as { readonly result?: unknown }
        told.push({ activationId, ...(status === 200 ? { result } : {}) })
      }
    }

    function isSpilled(): boolean {
      return cluster.nodes.some(({ name }) => {
        const dir = join(folder, name, 'spill', name.replace(/(\d+)$/, '-$1'))
        return existsSync(dir) && readdirSync(dir).some((file) => file.startsWith('records-'))
      })
    }

    async function listed(): Promise<string[]> {
      const ids: string[] = []
      for (;;) {
        const { body } = await call(1, 'GET', `activations?limit=200&skip=${ids.length}`)
        const page = body as unknown as readonly Page[]
        ids.push(...page.map(({ activationId }) => activationId))
        if (page.length < 200) return ids
      }
    }

    it(
      'has one record of each activation that a client was told of, though an invoker is killed and CouchDB goes away',
      async () => {
        const action = { exec: { kind: 'nodejs:20', code: SLOW } }
        expect((await call(0, 'PUT', 'actions/slow', action)).status).toBe(200)
        const told: Told[] = []
        let isOver = false
        const callers = Array.from({ length: CALLERS }, (_, number) => caller(number, told, () => isOver))
        const more = (count: number): Promise<unknown> => {
          const enough = told.length + count
          return expect.poll(() => told.length, { timeout: MINUTE_MS }).toBeGreaterThan(enough)
        }
        const [victim, other] = cluster.invokers
        await more(100)
        await victim!.kill()
        await more(50)
        await victim!.start()
        await more(50)
        await proxy.down()
        await expect.poll(isSpilled, { timeout: MINUTE_MS }).toBe(true)
        // What it has on its disk is there again when it is.
        await other!.kill()
        await proxy.up()
        await other!.start()
        await more(100)
        isOver = true
        await Promise.all(callers)

        for (const { activationId, result } of told) {
          await expect
            .poll(async () => (await call(0, 'GET', `activations/${activationId}`)).status, { timeout: MINUTE_MS })
            .toBe(200)
          if (result === undefined) continue
          const { body } = await call(1, 'GET', `activations/${activationId}/result`)
          // An invoker may be killed after it had told the result and before the record of it was anywhere.
          if (!INTERRUPTED.test(JSON.stringify(body['result']))) {
            expect([activationId, body['result']]).toEqual([activationId, result])
          }
        }
        await expect.poll(isSpilled, { timeout: MINUTE_MS }).toBe(false)
        const ids = await listed()
        expect(ids).toHaveLength(new Set(ids).size)
        expect(told.map(({ activationId }) => activationId).filter((id) => !ids.includes(id))).toEqual([])
      },
      4 * MINUTE_MS,
    )
  })
})
