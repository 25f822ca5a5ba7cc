import { actionNodejs, baseSystem, buildImage, type ImageDefinition } from '@stemcell/images'
import { spawn, spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Agent, request } from 'undici'
import { importImages, kubectlProgram } from '../../../scripts/services/kubernetes/cluster.mjs'
import { onPath } from '../../../test/test-with.ts'
import { buildServerImage } from '../image.mjs'
import { prepare } from '../prepare.mjs'
import { DEPLOY } from './compose-file.ts'

const API_HOST = 'api.example.com'
const REDIS = '/usr/bin/redis-server'
/** As kustomization.yaml of the trial has it. */
const NODE_PORT = 30323

/** Redis as its own image has it, from this machine's program. */
const redisImage: ImageDefinition = {
  name: 'redis',
  summary: 'Redis',
  plan: () => ({
    tag: '7.2',
    layers: [baseSystem().addProgram('/usr/bin/redis-server', realpathSync(REDIS)).addFolder('/data', 0o1777)],
    config: {
      entrypoint: [],
      environment: { PATH: '/usr/bin' },
      workingFolder: '/data',
      user: '999:999',
      labels: {},
    },
  }),
}

const PATIENCE_MS = 60_000

type Method = 'GET' | 'PUT' | 'POST'

export interface Answer {
  readonly status: number
  readonly body: unknown
}

/** The manifests of this folder on a cluster, as the README says. */
export class Installation {
  readonly #folder = mkdtempSync(join(tmpdir(), 'stemcell-installation-'))
  readonly #kubeconfig: string
  #kubectl = ''
  #address = ''
  #agent: Agent | undefined
  #key = ''

  constructor(kubeconfig: string) {
    const config = JSON.parse(readFileSync(kubeconfig, 'utf8')) as { readonly contexts: { context: object }[] }
    for (const each of config.contexts) each.context = { ...each.context, namespace: 'stemcell' }
    this.#kubeconfig = join(this.#folder, 'kubeconfig')
    writeFileSync(this.#kubeconfig, JSON.stringify(config))
  }

  static get missing(): string | undefined {
    return onPath('redis-server', '/usr/bin') ? undefined : 'there is no redis-server in /usr/bin'
  }

  async install(containerd: string): Promise<void> {
    this.#kubectl = await kubectlProgram()
    this.#clear()
    const archive = (name: string): string => join(this.#folder, `${name}.tar`)
    await buildServerImage(archive('server'), 'registry.example.com')
    await buildImage(redisImage, { to: { file: archive('redis') }, prefix: 'docker.io/library' })
    await buildImage(actionNodejs, { to: { file: archive('nodejs') } })
    for (const name of ['server', 'redis', 'nodejs']) {
      importImages(containerd, archive(name))
      rmSync(archive(name))
    }
    for (const name of ['kubernetes', 'kubernetes-trial'])
      cpSync(join(DEPLOY, name), join(this.#folder, name), { recursive: true })
    const settings = join(this.#folder, 'kubernetes', 'settings')
    prepare({ folder: settings, apiHost: API_HOST, backends: 'redis' })
    this.#key = readFileSync(join(settings, 'auth.guest'), 'utf8').trim()
    this.#agent = new Agent({
      connect: { ca: readFileSync(join(settings, 'tls/tls.crt')), servername: API_HOST },
      pipelining: 0,
    })
    this.apply(this.#volumes())
    this.kubectl('apply', '-k', join(this.#folder, 'kubernetes-trial'))
    const [node] = this.kubectl('get', 'nodes', '-o', 'jsonpath={.items[0].status.addresses[0].address}').split(' ')
    this.#address = node!
    await this.rolledOut()
  }

  async remove(): Promise<void> {
    this.#clear('--wait=false')
    await this.#agent?.close()
    rmSync(this.#folder, { recursive: true, force: true })
  }

  /** All controllers and invokers are those of the manifests, and ready. */
  async rolledOut(): Promise<void> {
    await Promise.all(['controller', 'invoker'].map((name) => this.later('rollout', 'status', `statefulset/${name}`)))
  }

  kubectl(...args: string[]): string {
    const { status, stdout, stderr } = spawnSync(this.#kubectl, this.#words(args), { encoding: 'utf8' })
    if (status !== 0) throw new Error(`kubectl ${args.join(' ')}: ${stderr}`)
    return stdout
  }

  /** Names of those with a label. */
  actionPods(label: string): string[] {
    const words = ['get', 'pods', '--namespace', 'stemcell-actions', '-l', label, '-o', 'name']
    return this.kubectl(...words)
      .split('\n')
      .filter(Boolean)
  }

  /** The same as `kubectl`, for what takes long. */
  later(...args: string[]): Promise<string> {
    return new Promise((resolve, reject) => {
      const child = spawn(this.#kubectl, this.#words(args), { stdio: ['ignore', 'pipe', 'pipe'] })
      let said = ''
      for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (said += text))
      child.once('close', (code) =>
        code === 0 ? resolve(said) : reject(new Error(`kubectl ${args.join(' ')}: ${said}`)),
      )
    })
  }

  apply(manifests: readonly object[]): void {
    const file = join(this.#folder, 'more.json')
    writeFileSync(file, JSON.stringify({ apiVersion: 'v1', kind: 'List', items: manifests }))
    this.kubectl('apply', '-f', file)
  }

  /**
   * Calls the API through the port of the node, on a connection of its own. Rules of a busy node may be behind the pods by
   * seconds: a connection that is refused has brought nobody anything, and is tried again.
   */
  async call(method: Method, path: string, body?: object): Promise<Answer> {
    for (const began = Date.now(); ; await sleep(100)) {
      try {
        return await this.#callOnce(method, path, body)
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException
        if (code !== 'ECONNREFUSED' || Date.now() - began > PATIENCE_MS) throw error
      }
    }
  }

  async #callOnce(method: Method, path: string, body?: object): Promise<Answer> {
    const response = await request(`https://${this.#address}:${NODE_PORT}/api/v1/namespaces/_/${path}`, {
      method,
      reset: true,
      headers: {
        authorization: `Basic ${Buffer.from(this.#key).toString('base64')}`,
        ...(body && { 'content-type': 'application/json' }),
      },
      ...(this.#agent && { dispatcher: this.#agent }),
      ...(body && { body: JSON.stringify(body) }),
    })
    const text = await response.body.text()
    return { status: response.statusCode, body: text === '' ? undefined : (JSON.parse(text) as unknown) }
  }

  /** With what a run may have left that was killed. */
  #clear(...options: readonly string[]): void {
    const now = ['--ignore-not-found', '--force', '--grace-period=0']
    for (const namespace of ['stemcell', 'stemcell-actions']) {
      // Else they make new pods, which have to be waited for.
      this.kubectl(
        'delete',
        'statefulsets,deployments,replicasets',
        '--all',
        '--namespace',
        namespace,
        '--cascade=orphan',
      )
      this.kubectl('delete', 'pods', '--all', '--namespace', namespace, ...now)
      this.kubectl('delete', 'namespace', namespace, '--ignore-not-found', ...options)
    }
    this.kubectl('delete', 'pv', '-l', 'test=stemcell', '--ignore-not-found', ...options)
  }

  #words(args: readonly string[]): string[] {
    return ['kubectl', '--kubeconfig', this.#kubeconfig, ...args]
  }

  /** Disks for the claims, as there is nobody here who would make some. */
  #volumes(): object[] {
    return [0, 1, 2, 3].map((index) => {
      const path = join(this.#folder, `volume${index}`)
      mkdirSync(path)
      return {
        apiVersion: 'v1',
        kind: 'PersistentVolume',
        metadata: { name: `stemcell-${index}`, labels: { test: 'stemcell' } },
        spec: {
          capacity: { storage: '1Gi' },
          accessModes: ['ReadWriteOnce'],
          persistentVolumeReclaimPolicy: 'Retain',
          local: { path },
          nodeAffinity: {
            required: {
              nodeSelectorTerms: [{ matchExpressions: [{ key: 'kubernetes.io/hostname', operator: 'Exists' }] }],
            },
          },
        },
      }
    })
  }
}
