import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { JsonObject } from '../../../src/model/json.ts'
import { ApiClient } from '../api-client.ts'
import { TestController } from '../test-controller.ts'
import { YieldingStore } from './yielding-store.ts'

const NS = '/api/v1/namespaces/_'
const RULES = 24

let store: YieldingStore
let controllers: TestController[]
let clients: ApiClient[]

async function start(seed: number, count: number): Promise<void> {
  store = new YieldingStore(seed)
  controllers = []
  for (let i = 0; i < count; i++) controllers.push(await TestController.start({ parts: { entityStore: store } }))
  clients = controllers.map((controller) => new ApiClient(controller))
  await client(0).putAction('a')
  await send(0, 'PUT', 'triggers/t', {})
}

afterEach(async () => {
  for (const controller of controllers) await controller.stop()
})

function client(number: number): ApiClient {
  return clients[number % clients.length]!
}

/** Sends to one controller after the other; answers with the status. */
async function send(number: number, method: string, path: string, body?: unknown): Promise<number> {
  return (await client(number).send(method, `${NS}/${path}`, body)).status
}

function makeRule(number: number, name = `r${number}`): Promise<number> {
  return send(number, 'PUT', `rules/${name}`, { trigger: '/_/t', action: '/_/a' })
}

function times<T>(count: number, task: (number: number) => Promise<T>): Promise<T[]> {
  return Promise.all(Array.from({ length: count }, (_, number) => task(number)))
}

async function read(path: string): Promise<JsonObject> {
  return JSON.parse((await client(0).send('GET', `${NS}/${path}`)).text) as JsonObject
}

async function links(): Promise<string[]> {
  return Object.keys((await read('triggers/t'))['rules'] ?? {}).toSorted()
}

const allRules = Array.from({ length: RULES }, (_, number) => `owner/r${number}`).toSorted()

for (const [where, count] of [
  ['one controller', 1],
  ['three controllers', 3],
] as const) {
  describe(`at ${where}`, () => {
    beforeEach(() => start(count, count))

    it('rules made of one trigger at the same time are all linked', async () => {
      expect(await times(RULES, (number) => makeRule(number))).toEqual(Array(RULES).fill(200))
      expect(await links()).toEqual(allRules)
      if (count > 1) expect(store.conflicts).toBeGreaterThan(0)
    })

    it('updates of a trigger and new rules lose neither', async () => {
      const updates = times(4, (number) =>
        send(number, 'PUT', 'triggers/t?overwrite=true', { parameters: [{ key: `k${number}`, value: 1 }] }),
      )
      expect(await times(RULES, (number) => makeRule(number))).toEqual(Array(RULES).fill(200))
      const accepted = (await updates).filter((status) => status === 200).length
      expect((await updates).filter((status) => status !== 200 && status !== 409)).toEqual([])
      expect(accepted).toBeGreaterThanOrEqual(1)
      expect(await links()).toEqual(allRules)
      expect((await read('triggers/t'))['version']).toBe(`0.0.${1 + accepted}`)
    })

    it('rules deleted at the same time are all unlinked, the others stay', async () => {
      await times(RULES, (number) => makeRule(number))
      const deleted = await times(RULES / 2, (number) => send(number, 'DELETE', `rules/r${number}`))
      expect(deleted).toEqual(Array(RULES / 2).fill(200))
      expect(await links()).toEqual(allRules.filter((id) => Number(id.slice('owner/r'.length)) >= RULES / 2))
    })

    it('a rule made many times at once is made once', async () => {
      const statuses = await times(8, (number) => makeRule(number, 'same'))
      expect(statuses.toSorted((a, b) => a - b)).toEqual([200, ...Array<number>(7).fill(409)])
      expect(await links()).toEqual(['owner/same'])
    })

    it('a rule made and deleted at the same time leaves no link without a rule', async () => {
      for (let round = 0; round < 20; round++) {
        await Promise.all([makeRule(round, 'x'), send(round + 1, 'DELETE', 'rules/x')])
        const exists = (await send(0, 'GET', 'rules/x')) === 200
        const linked = (await links()).includes('owner/x')
        expect(linked && !exists).toBe(false)
        if (exists) expect(await send(0, 'DELETE', 'rules/x')).toBe(200)
      }
      expect(await links()).toEqual([])
    })

    it('a rule switched on and off at the same time ends as its trigger says', async () => {
      await makeRule(0, 'x')
      const statuses = await times(8, (number) =>
        send(number, 'POST', 'rules/x', { status: number % 2 === 0 ? 'active' : 'inactive' }),
      )
      expect(statuses).toEqual(Array(8).fill(200))
      const { status } = await read('rules/x')
      const rules = (await read('triggers/t'))['rules'] as Record<string, { status: string }>
      expect(rules['owner/x']?.status).toBe(status)
    })

    it('a trigger is deleted while rules are linked to it', async () => {
      const [deleted] = await Promise.all([send(0, 'DELETE', 'triggers/t'), times(8, (number) => makeRule(number))])
      expect(deleted).toBe(200)
      expect(await send(0, 'GET', 'triggers/t')).toBe(404)
    })
  })
}
