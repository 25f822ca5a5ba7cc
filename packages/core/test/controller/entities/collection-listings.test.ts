import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { JsonObject } from '../../../src/model/json.ts'
import { ApiClient } from '../api-client.ts'
import { TestController } from '../test-controller.ts'

const NS = '/api/v1/namespaces/_'
let controller: TestController
let api: ApiClient

beforeEach(async () => {
  controller = await TestController.start()
  api = new ApiClient(controller)
})

afterEach(() => controller.stop())

const head = { namespace: 'owner', version: '0.0.1', publish: true, annotations: [] }
const documents: Readonly<Record<string, JsonObject>> = {
  packages: { binding: {}, parameters: [], entityType: 'package' },
  triggers: { parameters: [], limits: {}, entityType: 'trigger' },
  rules: { trigger: { path: 'owner', name: 't' }, action: { path: 'owner', name: 'a' }, entityType: 'rule' },
}

async function read(path: string): Promise<unknown> {
  const { status, text } = await api.send('GET', `${NS}/${path}`)
  expect(status).toBe(200)
  return JSON.parse(text)
}

async function names(path: string): Promise<unknown[]> {
  return ((await read(path)) as { name: string }[]).map(({ name }) => name)
}

for (const [collection, document] of Object.entries(documents)) {
  describe(`the listing of ${collection}`, () => {
    beforeEach(async () => {
      for (const [updated, name] of [
        [10, 'first'],
        [30, 'third'],
        [20, 'second'],
      ] as const) {
        await controller.parts.entityStore.put(`owner/${name}`, { ...head, ...document, name, updated })
      }
    })

    it('has the latest written first', async () => {
      expect(await names(collection)).toEqual(['third', 'second', 'first'])
    })

    it('is cut by skip and limit', async () => {
      expect(await names(`${collection}?skip=1&limit=1`)).toEqual(['second'])
    })

    it('is counted without what is skipped, whatever the limit', async () => {
      expect(await read(`${collection}?count=true&skip=1&limit=1`)).toEqual({ [collection]: 2 })
    })

    it('has 30 entries unless more are asked for', async () => {
      for (let i = 0; i < 40; i++) {
        await controller.parts.entityStore.put(`owner/n${i}`, { ...head, ...document, name: `n${i}`, updated: 100 + i })
      }
      expect(await names(collection)).toHaveLength(30)
      expect(await names(`${collection}?limit=0`)).toHaveLength(43)
    })

    it('has nothing of the other collections', async () => {
      for (const other of Object.keys(documents)) {
        if (other !== collection) expect(await names(other)).toEqual([])
      }
    })
  })
}
