import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished, vi } from 'vitest'
import { clusterRemains, namesOf, removeCluster, startCluster } from '../scripts/services/kubernetes/cluster.mjs'
import { describeWith } from './describe-with.ts'

const MINUTE_MS = 60_000
const CLUSTER = new URL('../scripts/services/kubernetes/cluster.mjs', import.meta.url).href

/** What a kubelet, containerd and CNI would leave on a machine that is all theirs; and nobody else here would. */
const KERNEL = [
  'vm/overcommit_memory',
  'vm/panic_on_oom',
  'kernel/panic',
  'kernel/panic_on_oops',
  'kernel/keys/root_maxkeys',
]
const PLACES = ['/var/lib/kubelet', '/var/lib/cni', '/var/log/pods', '/var/log/containers', '/usr/libexec/kubernetes']

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'stemcell-cluster-'))
  onTestFinished(async () => {
    await removeCluster(folder)
    rmSync(folder, { recursive: true, force: true })
  })
  return folder
}

/** What of a machine does not belong to one cluster. */
function machine(): object {
  return {
    kernel: KERNEL.map((name) => `${name} ${readFileSync(`/proc/sys/${name}`, 'utf8').trim()}`),
    places: PLACES.filter((place) => existsSync(place)),
  }
}

/** What of the cluster in a folder is on this machine, outside of the folder. Of others there may be anything. */
function tracesOf(folder: string, range: string): string[] {
  const { cable, group } = namesOf(folder)
  const run = (command: string, ...args: string[]): string => spawnSync(command, args, { encoding: 'utf8' }).stdout
  const lines = (text: string, ...wanted: string[]): string[] =>
    text.split('\n').filter((line) => wanted.some((each) => line.includes(each)))
  return [
    ...lines(readFileSync('/proc/self/mountinfo', 'utf8'), folder),
    ...lines(run('ip', '-o', 'link'), cable),
    ...lines(run('ip', 'route', 'show', 'table', 'all'), cable, range),
    ...lines(run('iptables-save'), 'KUBE-', range.replace(/\.\d+\/.*/, '.')),
    ...lines(run('find', '/sys/fs/cgroup', '-maxdepth', '3', '-type', 'd'), group),
    ...lines(run('ps', '-eo', 'args'), folder),
  ]
}

/** Addresses of the cluster, from the file that tells what to take back. */
function rangeOf(folder: string): string {
  return (JSON.parse(readFileSync(join(folder, 'network.json'), 'utf8')) as { readonly range: string }).range
}

function pod(name: string): string {
  const container = { name: 'pause', image: 'stemcell/pause:1', imagePullPolicy: 'Never' }
  const spec = { containers: [container], terminationGracePeriodSeconds: 1 }
  return JSON.stringify({ apiVersion: 'v1', kind: 'Pod', metadata: { name }, spec })
}

describeWith('kubernetes', 'a cluster of a folder of its own', () => {
  it(
    'runs pods beside another cluster, and leaves nothing on the machine when it is removed',
    async () => {
      const before = machine()
      const folder = newFolder()
      const cluster = await startCluster(folder)
      const kubectl = (input: string, ...args: string[]): string => {
        const command = ['kubectl', '--kubeconfig', cluster.kubeconfig, ...args]
        const { status, stdout, stderr } = spawnSync(join(folder, 'kube'), command, { encoding: 'utf8', input })
        expect(status, stderr).toBe(0)
        return stdout
      }
      kubectl(pod('first'), 'apply', '-f', '-')
      kubectl('', 'wait', '--for=condition=Ready', 'pod/first', '--timeout=60s')
      expect(kubectl('', 'get', 'nodes,pods', '-A', '-o', 'name').trim().split('\n')).toEqual([
        'node/node',
        'pod/first',
      ])

      // A part that ended is started again, and knows what there was.
      await cluster.stop('kube-apiserver', { signal: 'SIGKILL' })
      await cluster.start('kube-apiserver')
      await vi.waitFor(() => kubectl('', 'get', 'pod/first', '-o', 'name'), { timeout: MINUTE_MS, interval: 100 })

      // Nothing of the machine changed, but for what is named after the folder.
      expect(machine()).toEqual(before)
      const range = rangeOf(folder)
      expect(tracesOf(folder, range).length).toBeGreaterThan(10)
      await removeCluster(folder)
      expect(clusterRemains(folder)).toBe(false)
      expect(machine()).toEqual(before)
      expect(tracesOf(folder, range)).toEqual([])
    },
    3 * MINUTE_MS,
  )

  it(
    'that was being started by a process that is killed is removed all the same',
    async () => {
      const folder = newFolder()
      const program = `import(${JSON.stringify(CLUSTER)}).then(({ startCluster }) => startCluster(${JSON.stringify(folder)}))`
      const starting = spawn(process.execPath, ['--eval', program], { stdio: 'ignore' })
      const exited = once(starting, 'exit')
      await vi.waitFor(() => expect(existsSync(join(folder, 'kubelet', 'output.log'))).toBe(true), {
        timeout: MINUTE_MS,
        interval: 20,
      })
      starting.kill('SIGKILL')
      await exited
      expect(clusterRemains(folder)).toBe(true)
      const range = rangeOf(folder)
      await removeCluster(folder)
      expect(clusterRemains(folder)).toBe(false)
      expect(tracesOf(folder, range)).toEqual([])
    },
    2 * MINUTE_MS,
  )
})
