// A Kubernetes cluster of one node: its control plane and kubelet from Go modules, containerd and runc from Debian's packages.
// All it has is in one folder, and in namespaces of its own: several clusters on one machine know nothing of each other.
import { spawnSync } from 'node:child_process'
import { Resolver } from 'node:dns/promises'
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { request } from 'node:https'
import { join } from 'node:path'
import { isRunning, requireInstalled, requireProgram, stop, until } from '../service.mjs'
import { buildPrograms } from './build.mjs'
import { whyNoGroups } from './control-groups.mjs'
import { addressesOf, configure, CONTAINERD_SOCKET, NODE_NAME, PAUSE_IMAGE } from './parts.mjs'
import { writePauseImage } from './pause-image.mjs'
import { groupOf, removeSandbox, sandboxRemains, startInside, startSandbox } from './sandbox.mjs'

const CNI_PLUGINS = '/usr/lib/cni'
/** Five seconds where nothing else runs. */
const PATIENCE_MS = 180_000

/** Why there can be no cluster on this machine, in words for who wants one; undefined when there can. */
export function whyNoCluster() {
  if (process.platform !== 'linux') return `pods need Linux, and this is ${process.platform}`
  if (process.getuid?.() !== 0) return 'only root can make the namespaces and control groups that pods need'
  const capabilities = BigInt(`0x${/^CapEff:\s*(\w+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))[1]}`)
  for (const [name, bit] of Object.entries({ CAP_SYS_ADMIN: 21n, CAP_NET_ADMIN: 12n }))
    if ((capabilities & (1n << bit)) === 0n) return `root has no ${name} here, which namespaces need`
  return whyNoGroups()
}

/**
 * Starts a cluster with all it has below `folder`, and resolves once pods can be made. A cluster that was left there is
 * removed first.
 * @param {string} folder
 * @param {object} [options]
 * @param {object} [options.kubelet] members of its KubeletConfiguration
 */
export async function startCluster(folder, { kubelet = {} } = {}) {
  const no = whyNoCluster()
  if (no !== undefined) throw new Error(no)
  const found = {
    containerd: requireProgram('containerd', ['containerd', 'runc']),
    ctr: requireProgram('ctr', ['containerd', 'runc']),
    runc: requireProgram('runc', ['runc']),
    iptables: requireProgram('iptables', ['iptables']),
  }
  const plugin = join(CNI_PLUGINS, 'ptp')
  requireInstalled(plugin, ['containernetworking-plugins'], () => (existsSync(plugin) ? plugin : undefined))
  const built = await buildPrograms()
  if (sandboxRemains(folder)) await removeCluster(folder)
  mkdirSync(join(folder, 'keys'), { recursive: true, mode: 0o700 })
  // The cache may be where the cluster does not see it.
  const programs = { kube: join(folder, 'kube'), pause: built.pause }
  copyFileSync(built.kube, programs.kube)

  const sandbox = await startSandbox(folder)
  const { network } = sandbox
  check(spawnSync(programs.kube, ['keys', join(folder, 'keys'), ...addressesOf(network)], { encoding: 'utf8' }))
  const { parts, server, token } = configure(folder, {
    network,
    programs,
    group: groupOf(folder),
    containerd: found.containerd,
    cniPlugins: CNI_PLUGINS,
    kubelet,
  })
  const cluster = new Cluster(folder, sandbox, { parts, server, token, ctr: found.ctr })
  for (const name of ['containerd', 'etcd']) await cluster.start(name)
  await until('containerd', () => spawnSync(found.ctr, [...cluster.containerd, 'version']).status === 0, {
    folder: join(folder, 'containerd'),
    timeoutMs: PATIENCE_MS,
    state: cluster.running.containerd,
  })
  cluster.importImages(writePauseImage(join(folder, 'pause-image'), programs.pause, PAUSE_IMAGE))
  await cluster.start('kube-apiserver')
  await until('kube-apiserver', async () => (await cluster.ask('/readyz')) === 200, {
    folder: join(folder, 'kube-apiserver'),
    timeoutMs: PATIENCE_MS,
    state: cluster.running['kube-apiserver'],
    everyMs: 50,
  })
  for (const name of ['kube-controller-manager', 'kube-scheduler', 'kubelet', 'kube-proxy', 'coredns'])
    await cluster.start(name)
  await until('kubelet', () => nodeIsReady((path, read) => cluster.ask(path, read)), {
    folder: join(folder, 'kubelet'),
    timeoutMs: PATIENCE_MS,
    state: cluster.running.kubelet,
  })
  await until('coredns', () => knowsNames(network.node), {
    folder: join(folder, 'coredns'),
    timeoutMs: PATIENCE_MS,
    state: cluster.running.coredns,
  })
  return cluster
}

/** Ends a cluster, with all that runs in it, and leaves nothing of it outside of `folder`; whatever state it is in. */
export async function removeCluster(folder) {
  await removeSandbox(folder)
  rmSync(folder, { recursive: true, force: true })
}

export const clusterRemains = sandboxRemains
export { namesOf } from './sandbox.mjs'

class Cluster {
  /** Processes of the parts by name, as this machine sees them. */
  running = {}
  #parts

  constructor(folder, sandbox, { parts, server, token, ctr }) {
    this.folder = folder
    this.pid = sandbox.pid
    this.startTime = sandbox.startTime
    this.network = sandbox.network
    this.server = server
    this.token = token
    this.ca = readFileSync(join(folder, 'keys', 'ca.crt'))
    this.kubeconfig = join(folder, 'admin', 'kubeconfig')
    this.socket = containerdSocketOf(sandbox.pid)
    this.ctr = ctr
    this.#parts = parts
  }

  /** First arguments of `ctr`. */
  get containerd() {
    return ['--address', this.socket, '--namespace', 'k8s.io']
  }

  /** Starts a part, such as `kubelet`; again after it ended. */
  async start(name) {
    const { program, args } = this.#parts[name]
    this.running[name] = await startInside(this.folder, this, name, program, args)
  }

  /** Ends a part; resolves when it is gone. Containers go on. */
  async stop(name, { signal = 'SIGTERM' } = {}) {
    const state = this.running[name]
    if (signal === 'SIGTERM') return stop(state)
    this.signal(name, signal)
    await until(`the end of ${name}`, () => !isRunning(state), { everyMs: 10 })
  }

  /** Sends a signal, such as SIGSTOP, and does not wait. */
  signal(name, signal) {
    process.kill(this.running[name].pid, signal)
  }

  /** Brings images of an archive as `docker save` and `stemcell images build --output` write it. */
  importImages(archive) {
    importImages(this.socket, archive, this.ctr)
  }

  /** HTTP status of the API at a path; 0 where none answers. */
  async ask(path, read) {
    return ask(this, path, read)
  }
}

/** A program that is kubectl when its first argument says so. */
export async function kubectlProgram() {
  const { kube } = await buildPrograms()
  return kube
}

/** Where another process finds a cluster's containerd: through its process 1, as its `/run` is its own. */
export const containerdSocketOf = (pid) => `/proc/${pid}/root${CONTAINERD_SOCKET}`

/**
 * Where an image of the same name was there, containerd's collector takes its layers away, at times just when the new image is
 * about to stand on them: the next time they are unpacked again.
 */
export function importImages(socket, archive, ctr = requireProgram('ctr', ['containerd'])) {
  const args = ['--address', socket, '--namespace', 'k8s.io', 'images', 'import', archive]
  const run = () => spawnSync(ctr, args, { encoding: 'utf8' })
  let outcome = run()
  for (let again = 0; again < 3 && /snapshot .* does not exist/.test(outcome.stderr ?? ''); again += 1) outcome = run()
  check(outcome)
}

/**
 * Which image each name stands for, as `stemcell/action-nodejs:20` and its id. containerd has a name for each id, too, which
 * stands for the same manifest.
 * @returns {Map<string, string>}
 */
export function imageIds(socket, ctr = requireProgram('ctr', ['containerd'])) {
  const outcome = spawnSync(ctr, ['--address', socket, '--namespace', 'k8s.io', 'images', 'list'], { encoding: 'utf8' })
  check(outcome)
  const rows = outcome.stdout.split('\n').map((line) => line.split(/\s+/))
  const manifests = new Map(rows.map(([name, , digest]) => [name, digest]))
  const idOf = new Map(
    [...manifests].filter(([name]) => name.startsWith('sha256:')).map(([id, digest]) => [digest, id]),
  )
  return new Map([...manifests].map(([name, digest]) => [name.replace(/^docker\.io\//, ''), idOf.get(digest)]))
}

/** Whether the node of a kubeconfig that `startCluster` wrote takes pods. */
export async function kubeconfigAnswers(file) {
  if (!existsSync(file)) return false
  const { clusters, users } = JSON.parse(readFileSync(file, 'utf8'))
  const { server, 'certificate-authority-data': data } = clusters[0].cluster
  const ca = Buffer.from(data, 'base64')
  return nodeIsReady((path, read) => ask({ server, token: users[0].user.token, ca }, path, read))
}

async function nodeIsReady(get) {
  let ready = false
  await get(`/api/v1/nodes/${NODE_NAME}`, (body) => {
    ready = body.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') ?? false
  })
  // Pods are refused until their namespace has it.
  return ready && (await get('/api/v1/namespaces/default/serviceaccounts/default')) === 200
}

/** Whether pods find a Service by its name. */
async function knowsNames(address) {
  const resolver = new Resolver({ timeout: 1000, tries: 1 })
  resolver.setServers([address])
  try {
    return (await resolver.resolve4('kubernetes.default.svc.cluster.local')).length > 0
  } catch (err) {
    if (['ECONNREFUSED', 'ETIMEOUT', 'ENOTFOUND', 'ESERVFAIL'].includes(err.code)) return false
    throw err
  }
}

function ask({ server, token, ca }, path, read) {
  return new Promise((resolve) => {
    const call = request(new URL(path, server), {
      ca,
      headers: { authorization: `Bearer ${token}` },
      timeout: 5000,
      agent: false,
    })
    call.once('timeout', () => call.destroy())
    call.once('error', () => resolve(0))
    call.once('response', (response) => {
      const chunks = []
      response.on('data', (chunk) => chunks.push(chunk))
      response.once('error', () => resolve(0))
      response.once('end', () => {
        const { statusCode } = response
        if (statusCode === 200 && read) read(JSON.parse(Buffer.concat(chunks).toString()))
        resolve(statusCode)
      })
    })
    call.end()
  })
}

function check({ status, stdout, stderr, error }) {
  if (status !== 0) throw new Error(error?.message ?? `${stdout}${stderr}`.trim())
}
