import { afterEach, expect, it } from 'vitest'
import {
  assembleController,
  assembleInvoker,
  MemoryActivationStore,
  memoryContainers,
  MemoryQueue,
  storeAuth,
  type ControllerNode,
  type InvokerNode,
} from '../../src/index.ts'
import { ENTITY_INDEXES } from '../../src/store/entity-store.ts'
import { MemoryDocumentStore } from '../../src/store/memory-document-store.ts'
import { SUBJECT_INDEXES } from '../../src/store/subject-store.ts'

/** It stays open when a node closes. */
function shared<T extends { close(): Promise<void> }>(part: T): T {
  part.close = () => Promise.resolve()
  return part
}

const nodes: (ControllerNode | InvokerNode)[] = []
afterEach(async () => {
  for (const node of nodes.splice(0).reverse()) await node.close()
})

it('a controller is ready once there was a healthy invoker, and not any more when it is disabled', async () => {
  const backend = {
    queue: shared(new MemoryQueue()),
    entityStore: shared(new MemoryDocumentStore(ENTITY_INDEXES)),
    activationStore: shared(new MemoryActivationStore()),
  }
  const operator = { username: 'operator', password: 'of-this-test' }
  const controller = await assembleController({
    ...backend,
    subjectStore: shared(new MemoryDocumentStore(SUBJECT_INDEXES)),
    auth: storeAuth(),
    controllerId: '0',
    retention: false,
    api: { operator, operationalRoutes: false },
  })
  nodes.push(controller)
  const { url } = await controller.listen({ port: 0 })
  const ready = async (): Promise<readonly [number, unknown]> => {
    const response = await fetch(`${url}/ready`)
    return [response.status, await response.json()]
  }
  expect(await ready()).toEqual([503, { unready: 'no invoker has been healthy yet' }])

  const invoker = await assembleInvoker({
    ...backend,
    invokerInstance: { id: 0 },
    containers: memoryContainers(),
    apiHost: '',
  })
  nodes.push(invoker)
  await expect.poll(ready, { timeout: 20_000 }).toEqual([200, { ready: 'yes' }])

  const authorization = `Basic ${Buffer.from('operator:of-this-test').toString('base64')}`
  expect((await fetch(`${url}/disable`, { method: 'POST', headers: { authorization } })).status).toBe(200)
  expect(await ready()).toEqual([503, { unready: 'the controller accepts no more activations' }])
})
