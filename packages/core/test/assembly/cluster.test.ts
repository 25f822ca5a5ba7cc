import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import {
  assembleController,
  assembleInvoker,
  memoryContainers,
  MemoryActivationStore,
  MemoryQueue,
  shardingBalancer,
  staticAuth,
  tokens,
  type ControllerNode,
  type EmbeddedClient,
  type InvokerNode,
  type JsonObject,
} from '../../src/index.ts'
import { ENTITY_INDEXES } from '../../src/store/entity-store.ts'
import { MemoryDocumentStore } from '../../src/store/memory-document-store.ts'
import { assignInvokerId } from '../../src/store/invoker-numbers.ts'

/** What the nodes share outlives each of them. */
function shared<T extends { open(): Promise<void>; close(): Promise<void> }>(part: T): T {
  const close = part.close.bind(part)
  opened.push(close)
  part.close = () => Promise.resolve()
  return part
}
const opened: (() => Promise<void>)[] = []

const backend = {
  queue: shared(new MemoryQueue()),
  entityStore: shared(new MemoryDocumentStore(ENTITY_INDEXES)),
  activationStore: shared(new MemoryActivationStore()),
  auth: staticAuth([
    {
      namespace: 'guest',
      auth: `23bc46b1-71f6-4ed5-8c54-816aa4f8c502:${'k'.repeat(64)}`,
      limits: { invocationsPerMinute: 100_000, concurrentInvocations: 1000 },
    },
  ]),
}

let controllers: ControllerNode[] = []
let invokers: InvokerNode[] = []
let clients: EmbeddedClient[] = []

async function states(node: ControllerNode): Promise<Record<string, string>> {
  const client = await node.client('guest')
  return (await client.request('GET', '/invokers')).body as Record<string, string>
}

beforeAll(async () => {
  controllers = await Promise.all(
    ['0', '1'].map((controllerId) =>
      assembleController({ ...backend, controllerId, loadBalancer: shardingBalancer() }),
    ),
  )
  invokers = await Promise.all(
    ['a', 'b', 'c'].map((uniqueName) =>
      assembleInvoker({
        queue: backend.queue,
        entityStore: backend.entityStore,
        activationStore: backend.activationStore,
        containers: memoryContainers(),
        invokerInstance: { uniqueName },
        invoker: { userMemoryMb: 1024 },
        apiHost: '',
      }),
    ),
  )
  clients = await Promise.all(controllers.map((node) => node.client('guest')))
  const everyoneUp = async (): Promise<void> => {
    for (const node of controllers) expect(await states(node)).toEqual(allUp())
  }
  await vi.waitFor(everyoneUp, { timeout: 10_000 })
})
afterAll(async () => {
  for (const node of [...invokers, ...controllers]) await node.close()
  for (const close of opened) await close()
})

function allUp(): Record<string, string> {
  return Object.fromEntries(
    invokers
      .map(({ invoker: { instance } }) => [`invoker${instance.id}/${instance.uniqueName}`, 'up'] as const)
      .sort(([left], [right]) => left.localeCompare(right)),
  )
}

describe('a cluster of controllers and invokers', () => {
  it('gives invokers that start at once numbers of their own, and the same again later', async () => {
    const numbers = invokers.map(({ invoker }) => invoker.instance.id)
    expect(numbers.toSorted((a, b) => a - b)).toEqual([0, 1, 2])
    const again = await Promise.all(['a', 'b', 'c'].map((name) => assignInvokerId(backend.entityStore, name)))
    expect(again).toEqual(numbers)
    expect(await assignInvokerId(backend.entityStore, 'd')).toBe(3)
  })

  it('uses an invoker once it has run the test action, which leaves no record', async () => {
    expect(await states(controllers[0]!)).toEqual(allUp())
    expect(await backend.activationStore.count({ namespace: 'whisk.system' })).toBe(0)
  })

  it('counts its controllers', async () => {
    await expect.poll(() => controllers.map(({ controller }) => controller.clusterSize)).toEqual([2, 2])
  })

  it('runs on one controller what was written through the other, at its newest', async () => {
    const [first, second] = clients
    await first!.putAction('who', { exec: { kind: 'nodejs:20', code: 'function main() { return { version: 1 } }' } })
    const run = async (): Promise<unknown> => {
      const { body } = await second!.request('POST', 'actions/who?blocking=true&result=true', {})
      return body
    }
    expect(await run()).toEqual({ version: 1 })
    await first!.putAction('who', { exec: { kind: 'nodejs:20', code: 'function main() { return { version: 2 } }' } })
    await expect.poll(run).toEqual({ version: 2 })
  })

  it('keeps every record of what either controller accepted', async () => {
    const [first, second] = clients
    await first!.putAction('count', { exec: { kind: 'nodejs:20', code: 'function main(args) { return args }' } })
    const accepted = await Promise.all(
      Array.from({ length: 60 }, async (_, index) => {
        const { status, body } = await (index % 2 === 0 ? first : second)!.request('POST', 'actions/count', { index })
        expect(status).toBe(202)
        return (body as JsonObject)['activationId'] as string
      }),
    )
    const records = async (): Promise<number> => {
      const found = await Promise.all(accepted.map((id) => backend.activationStore.get('guest', id)))
      return found.filter((record) => record?.response.statusCode === 0).length
    }
    await expect.poll(records, { timeout: 10_000 }).toBe(60)
  })

  it('has a controller that just started wait for the invokers instead of saying that there are none', async () => {
    const [first] = clients
    await first!.putAction('pair', { exec: { kind: 'sequence', components: ['/guest/count', '/guest/count'] } })
    const fresh = await assembleController({ ...backend, controllerId: '2', loadBalancer: shardingBalancer() })
    try {
      const client = await fresh.client('guest')
      const answers = await Promise.all(
        ['count', 'pair'].map((name) => client.request('POST', `actions/${name}?blocking=true&result=true`, { name })),
      )
      expect(answers.map(({ status, body }) => [status, body])).toEqual([
        [200, { name: 'count' }],
        [200, { name: 'pair' }],
      ])
    } finally {
      await fresh.close()
    }
  })

  it('refuses with 503, after a moment, where there is no invoker at all', async () => {
    const { auth } = backend
    const alone = await assembleController({ auth, controllerId: 'alone', loadBalancer: shardingBalancer() })
    try {
      const client = await alone.client('guest')
      await client.putAction('a', { exec: { kind: 'nodejs:20', code: 'function main() {}' } })
      const ask = async (): Promise<number> => (await client.request('POST', 'actions/a?blocking=true', {})).status
      expect(await ask()).toBe(503)
      const began = performance.now()
      expect(await ask()).toBe(503)
      expect(performance.now() - began, 'from then on at once').toBeLessThan(1_000)
    } finally {
      await alone.close()
    }
  })

  it('goes on without an invoker that is drained and closed', async () => {
    const [first] = clients
    const gone = invokers.pop()!
    await gone.close({ drainMs: 5_000 })
    const name = `invoker${gone.invoker.instance.id}/${gone.invoker.instance.uniqueName}`
    await expect.poll(async () => (await states(controllers[0]!))[name]).toBe('down')
    for (let count = 0; count < 10; count++) {
      const { status } = await first!.request('POST', 'actions/count?blocking=true', { count })
      expect(status).toBe(200)
    }
  })

  it('hears of a controller that leaves, and shares the invokers anew', async () => {
    const leaving = controllers.pop()!
    await leaving.close({ drainMs: 1_000 })
    await expect.poll(() => controllers[0]!.controller.clusterSize).toBe(1)
    expect(controllers[0]!.use(tokens.CLUSTER).controllers()).toBe(1)
  })
})
