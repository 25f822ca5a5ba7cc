import { afterEach, expect, it } from 'vitest'
import { ENTITY_INDEXES } from '../../../src/store/entity-store.ts'
import { MemoryDocumentStore } from '../../../src/store/memory-document-store.ts'
import { ApiClient } from '../api-client.ts'
import { TestController, type TestControllerOptions } from '../test-controller.ts'

const NS = '/api/v1/namespaces/_'
let controller: TestController

async function start(options: TestControllerOptions = {}): Promise<ApiClient> {
  controller = await TestController.start(options)
  const api = new ApiClient(controller)
  await api.send('PUT', `${NS}/packages/p`, {})
  return api
}

afterEach(() => controller.stop())

it('a package of more actions than one listing has is deleted by force', async () => {
  const api = await start()
  const { entityStore } = controller.parts
  for (let i = 0; i < 450; i++) {
    const exec = { kind: 'nodejs:20', code: 'x', binary: false }
    await entityStore.put(`owner/p/a${i}`, { namespace: 'owner/p', name: `a${i}`, exec, entityType: 'action' })
  }
  expect((await api.send('DELETE', `${NS}/packages/p?force=true`)).status).toBe(200)
  expect(await entityStore.count({ index: 'actions', partition: 'owner/p' })).toBe(0)
  expect(await entityStore.get('owner/p')).toBeUndefined()
})

it('an action that is written while its package is deleted by force goes, too', async () => {
  class Racing extends MemoryDocumentStore {
    writer: (() => Promise<void>) | undefined
    override async delete(id: string, revision: string): Promise<void> {
      const write = this.writer
      this.writer = undefined
      await write?.()
      return super.delete(id, revision)
    }
  }
  const entityStore = new Racing(ENTITY_INDEXES)
  const api = await start({ parts: { entityStore } })
  await api.putAction('p/a')
  entityStore.writer = () => api.putAction('p/a', { annotations: [{ key: 'late', value: true }] })
  expect((await api.send('DELETE', `${NS}/packages/p?force=true`)).status).toBe(200)
  expect(await entityStore.get('owner/p/a')).toBeUndefined()
})

it('an action that was deleted by force is not invoked from memory', async () => {
  const api = await start()
  await api.putAction('p/a')
  expect((await api.invoke('p/a')).status).toBe(202)
  await api.send('DELETE', `${NS}/packages/p?force=true`)
  await api.send('PUT', `${NS}/packages/p`, {})
  expect((await api.invoke('p/a')).status).toBe(404)
})

it('a change of parameters of a package is seen by the next invocation', async () => {
  const api = await start()
  await api.putAction('p/a')
  const invoke = async (): Promise<unknown> =>
    JSON.parse((await api.invoke('p/a', {}, '?blocking=true&result=true')).text)
  expect(await invoke()).toEqual({})
  await api.send('PUT', `${NS}/packages/p?overwrite=true`, { parameters: [{ key: 'k', value: 1 }] })
  expect(await invoke()).toEqual({ k: 1 })
})
