import { afterEach, describe, expect, it } from 'vitest'
import {
  assemble,
  memoryContainers,
  simulatedContainers,
  tokens,
  type ContainerSpec,
  type EmbeddedClient,
  type JsonObject,
  type Platform,
  type PlatformOptions,
} from '../../src/index.ts'

const exec = { kind: 'nodejs:20', code: 'function main() {}' }

let platform: Platform
let guest: EmbeddedClient
let specs: ContainerSpec[]

afterEach(() => platform.close())

async function start(options: Partial<PlatformOptions> = {}): Promise<void> {
  specs = []
  const behaviour = {
    create: (spec: ContainerSpec) => {
      specs.push(spec)
      return {}
    },
    run: () => ({ delayMs: 20 }),
  }
  platform = await assemble({ containers: simulatedContainers({ behaviour }), ...options })
  await platform.subjects.createUser('guest')
  guest = await platform.client('guest')
}

async function put(name: string, limits: JsonObject, status = 200): Promise<JsonObject> {
  const response = await guest.request('PUT', `actions/${name}?overwrite=true`, { exec, limits })
  expect(response.status).toBe(status)
  return response.body as JsonObject
}

describe('the CPU limit of an action', () => {
  it('is kept, shown, listed, raised with the version, and part of the record', async () => {
    await start()
    expect(await put('a', { cpu: 0.5 })).toMatchObject({ version: '0.0.1', limits: { cpu: 0.5 } })
    expect(await put('a', { cpu: 0.75 })).toMatchObject({ version: '0.0.2', limits: { cpu: 0.75 } })
    expect(await put('a', { memory: 128 })).toMatchObject({ version: '0.0.3', limits: { cpu: 0.75, memory: 128 } })
    const { body } = await guest.request('GET', 'actions')
    expect(body).toMatchObject([{ name: 'a', limits: { cpu: 0.75 } }])
    const { annotations } = await guest.invoke('a')
    expect(annotations).toContainEqual({ key: 'limits', value: expect.objectContaining({ cpu: 0.75 }) })
  })

  it('is asked of the container factory; without one nothing is', async () => {
    await start()
    await put('a', { cpu: 0.5 })
    await put('b', {})
    await guest.invoke('a')
    await guest.invoke('b')
    const own = specs.find(({ labels }) => labels['action'] === 'guest/a')
    expect(own?.cpu).toBe(0.5)
    expect(specs.filter(({ cpu }) => cpu !== undefined)).toEqual([own])
  })

  it('counts for the pool: containers never get more together than there is', async () => {
    await start({ invoker: { userCpus: 1 } })
    for (const name of ['a', 'b', 'c', 'd']) await put(name, { cpu: 0.5 })
    const runs = await Promise.all(['a', 'b', 'c', 'd', 'a', 'b'].map((name) => guest.invoke(name)))
    for (const { response } of runs) expect(response).toMatchObject({ success: true })
    const live = await platform.use(tokens.CONTAINER_FACTORY).list({ platform: 'stemcell', invoker: 'invoker0' })
    expect(live.filter(({ labels }) => 'action' in labels).length).toBeLessThanOrEqual(2)
  })

  it('that no container could be given is refused when the action is written', async () => {
    await start({ invoker: { userCpus: 1.5 } })
    await put('a', { cpu: 1.5 })
    expect((await put('a', { cpu: 2 }, 400))['error']).toBe(
      'requirement failed: cpu 2 exceeds allowed threshold of 1.5',
    )
  })

  it('is accepted where the factory cannot enforce it, which it says by its capability', async () => {
    await start({ containers: memoryContainers() })
    expect(platform.use(tokens.CONTAINER_FACTORY).capabilities.cpuLimit).toBe(false)
    await put('a', { cpu: 0.5 })
    expect(await guest.invoke('a')).toMatchObject({ response: { success: true } })
  })

  it('written under a higher bound than holds now ends the activation with the reason', async () => {
    await start()
    await put('a', { cpu: 4 })
    const entityStore = platform.use(tokens.ENTITY_STORE)
    const { document } = (await entityStore.get('guest/a'))!
    const limits = { ...(document['limits'] as JsonObject), cpu: 65 }
    await entityStore.put('guest/b', { ...document, name: 'b', limits })
    expect(await guest.invoke('b')).toMatchObject({
      response: {
        status: 'application error',
        result: { error: 'requirement failed: cpu 65 exceeds allowed threshold of 64' },
      },
    })
  })
})
