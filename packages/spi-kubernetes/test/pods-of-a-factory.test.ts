import { adapterContext, type ContainerFactory, type ContainerSpec } from '@stemcell/core'
import { kubernetesContainers, type KubernetesContainersOptions } from '@stemcell/spi-kubernetes'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { eventually } from '../../../test/eventually.ts'
import { SmallPodsApi } from './small-pods-api.ts'

const OWNER = { platform: 'p', invoker: 'i' }
const SPEC: ContainerSpec = {
  owner: OWNER,
  kind: 'nodejs:20',
  image: 'stemcell/action-nodejs:20',
  userImage: false,
  memoryMb: 128,
  maxConcurrent: 1,
  environment: {},
  labels: { action: 'guest/a' },
}

async function smallCluster(): Promise<{
  readonly api: SmallPodsApi
  readonly factory: (options?: KubernetesContainersOptions) => Promise<ContainerFactory>
}> {
  const api = await new SmallPodsApi().listen()
  const folder = mkdtempSync(join(tmpdir(), 'stemcell-kubeconfig-'))
  onTestFinished(async () => {
    await api.server.close()
    rmSync(folder, { recursive: true })
  })
  const kubeconfig = join(folder, 'config')
  const config = {
    'current-context': 'a',
    contexts: [{ name: 'a', context: { cluster: 'a', user: 'a' } }],
    clusters: [{ name: 'a', cluster: { server: api.server.access().server.href } }],
    users: [{ name: 'a', user: { token: 'token' } }],
  }
  writeFileSync(kubeconfig, JSON.stringify(config))
  return {
    api,
    factory: async (options = {}) => {
      const factory = kubernetesContainers({ kubeconfig, ...options }).build(adapterContext())
      onTestFinished(() => factory.close())
      await factory.open()
      return factory
    },
  }
}

describe('the pods of a factory', () => {
  it('that nobody places are removed, and whoever waited is told', async () => {
    const { api, factory } = await smallCluster()
    const own = await factory({ scheduleTimeoutMs: 50 })
    await expect(own.create(SPEC)).rejects.toMatchObject({
      code: 'ERR_START_FAILED',
      message: expect.stringMatching(/nothing placed it within 50 ms/) as string,
    })
    expect([...api.pods.keys()]).toEqual([])
    expect([await own.list(OWNER), await own.reap(OWNER)]).toEqual([[], 0])
  })

  it('that are being made are listed, and reaped by others only', async () => {
    const { api, factory } = await smallCluster()
    const own = await factory()
    const other = await factory()
    const creating = own.create(SPEC)
    await eventually('the pod is there', () => api.pods.size === 1)
    const [id = ''] = api.pods.keys()
    expect(await own.list(OWNER)).toEqual([{ id, state: 'running', labels: SPEC.labels }])
    expect([await own.reap(OWNER), await other.reap({ ...OWNER, invoker: 'j' })]).toEqual([0, 0])
    const reaping = other.reap(OWNER)
    await expect(creating).rejects.toMatchObject({ code: 'ERR_START_FAILED' })
    expect([await reaping, api.pods.size]).toEqual([1, 0])
  })

  it('are gone when it is closed while they are made, and so is its watch', async () => {
    const { api, factory } = await smallCluster()
    const own = await factory()
    const creating = own.create(SPEC).catch((error: unknown) => error)
    await eventually('the pod is there', () => api.pods.size === 1)
    await own.close()
    expect(await creating).toMatchObject({ code: 'ERR_START_FAILED', cause: { code: 'ERR_CLOSED' } })
    expect(api.pods.size).toBe(0)
    await eventually('nobody watches', () => api.watches === 0)
  })

  it('are asked for in vain while the API server is away, in words for the operator', async () => {
    const { api, factory } = await smallCluster()
    const own = await factory({ requestTimeoutMs: 200 })
    api.server.otherwise((_request, response) => response.destroy())
    const silent = {
      code: 'ERR_UNAVAILABLE',
      message: expect.stringMatching(/^(list|removal) of .*: the Kubernetes API does not answer/) as string,
    }
    await expect(own.list(OWNER)).rejects.toMatchObject(silent)
    await expect(own.reap(OWNER)).rejects.toMatchObject(silent)
  })
})
