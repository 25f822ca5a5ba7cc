import { actionNodejs, buildImage } from '@stemcell/images'
import { adapterContext, type AdapterContext, type ContainerFactory } from '@stemcell/core'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll } from 'vitest'
import { imageIds, importImages } from '../../../scripts/services/kubernetes/cluster.mjs'
import { eventually } from '../../../test/eventually.ts'
import { refusedWith } from '../src/api/api-refusal.ts'
import { ApiServer } from '../src/api/api-server.ts'
import type { Pod, PodList } from '../src/api/pod.ts'
import { fromKubeconfig } from '../src/cluster/kubeconfig.ts'
import { kubernetesContainers, type KubernetesContainersOptions } from '../src/index.ts'

const PATIENCE_MS = 60_000

/** The cluster of a test file, in a namespace of its own. */
export class TestCluster {
  readonly kubeconfig: string
  readonly namespace: string = `stemcell-test-${randomBytes(5).toString('hex')}`
  /** Unlike that of any other run. */
  readonly platform: string = `test-${randomBytes(6).toString('hex')}`
  readonly image: string = `stemcell/action-nodejs:${process.versions.node.split('.')[0]}`
  #api: ApiServer | undefined

  constructor(kubeconfig: string) {
    this.kubeconfig = kubeconfig
  }

  async open(): Promise<void> {
    const { clock } = adapterContext()
    this.#api = new ApiServer(await fromKubeconfig(this.kubeconfig, undefined), 30_000, clock)
    await this.makeNamespace(this.namespace)
  }

  /** With what a strict cluster enforces. */
  async makeNamespace(name: string): Promise<void> {
    const labels = { 'pod-security.kubernetes.io/enforce': 'restricted' }
    await this.post('/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } })
    // Pods are refused until then.
    await eventually(
      'the namespace has its service account',
      async () => (await this.get(`/api/v1/namespaces/${name}/serviceaccounts/default`)) !== undefined,
      PATIENCE_MS,
    )
  }

  async close(): Promise<void> {
    await this.remove(`/api/v1/namespaces/${this.namespace}`)
    await this.#api?.close()
  }

  get api(): ApiServer {
    if (!this.#api) throw new Error('the cluster of this test is not open')
    return this.#api
  }

  post<T = unknown>(path: string, body: object): Promise<T> {
    return this.api.call('POST', path, { body })
  }

  async get<T = unknown>(path: string): Promise<T | undefined> {
    try {
      return await this.api.call<T>('GET', path)
    } catch (error) {
      if (refusedWith(error) === 404) return undefined
      throw error
    }
  }

  async remove(path: string, body: object = {}): Promise<void> {
    try {
      await this.api.call('DELETE', path, { body })
    } catch (error) {
      if (refusedWith(error) !== 404) throw error
    }
  }

  get podsPath(): string {
    return `/api/v1/namespaces/${this.namespace}/pods`
  }

  async pods(): Promise<readonly Pod[]> {
    return (await this.api.call<PodList>('GET', this.podsPath)).items
  }

  factory(options: KubernetesContainersOptions = {}, context: Partial<AdapterContext> = {}): ContainerFactory {
    const { kubeconfig, namespace } = this
    // Nodes of tests have the images, and no registry.
    const given = {
      kubeconfig,
      namespace,
      platformPull: 'never',
      requests: { cpu: 0.02, memory: 0.25 },
      ...options,
    } as const
    return kubernetesContainers(given).build(adapterContext(context))
  }
}

/** Gives the node the image before the tests; removes the namespace, and what the tests left in it, after them. */
export function useCluster(kubeconfig: string): TestCluster {
  const cluster = new TestCluster(kubeconfig)
  beforeAll(async () => {
    await giveImage()
    await cluster.open()
  }, 120_000)
  afterAll(() => cluster.close(), 60_000)
  return cluster
}

/** The image of Node.js actions, through the node's containerd, which may have it already. */
export async function giveImage(
  socket: string | undefined = process.env['STEMCELL_TEST_KUBERNETES_CONTAINERD'],
): Promise<void> {
  if (socket === undefined) throw new Error('STEMCELL_TEST_KUBERNETES_CONTAINERD names no containerd')
  const folder = mkdtempSync(join(tmpdir(), 'stemcell-k8s-image-'))
  try {
    const file = join(folder, 'image.tar')
    const { id, names } = await buildImage(actionNodejs, { to: { file } })
    const there = imageIds(socket)
    if (names.some((name) => there.get(name) !== id)) importImages(socket, file)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
