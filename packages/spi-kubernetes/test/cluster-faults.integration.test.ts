import type { Container, ContainerFactory } from '@stemcell/core'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest'
import { removeCluster, startCluster, type Cluster } from '../../../scripts/services/kubernetes/cluster.mjs'
import { describeWith } from '../../../test/describe-with.ts'
import type { KubernetesContainersOptions } from '../src/index.ts'
import { giveImage, TestCluster } from './cluster.ts'
import { answer, eventually, initialise, logged, run, specOf } from './harness.ts'

vi.setConfig({ testTimeout: 180_000, hookTimeout: 120_000 })

/** The node can hold 110; each takes it a good part of a second of its processors. */
const MANY = Number(process.env['STEMCELL_TEST_PODS'] ?? 15)
/** So long a kubelet stands still beyond what destroying a pod without it takes; a minute is `STEMCELL_TEST_STILL_MS=60000`. */
const STILL_MS = Number(process.env['STEMCELL_TEST_STILL_MS'] ?? 0)
const TAINT = 'stemcell.test/lost:NoExecute'
const FOREVER = `function main() { console.log('begun'); return new Promise(() => setInterval(() => undefined, 1000)) }`
const WAITS = `let go
  function main({ begin }) {
    if (begin) { console.log('begun'); return new Promise((resolve) => setTimeout(() => { console.log('over'); resolve({ over: true }) }, 3000)) }
    return { again: true }
  }`

describeWith('kubernetes', 'a cluster whose parts fail', () => {
  let folder: string
  let node: Cluster
  let cluster: TestCluster
  let factory: ContainerFactory
  let warnings: string[]
  let reasons: unknown[]
  let factories: ContainerFactory[]

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'stemcell-k8s-faults-'))
    node = await startCluster(folder, { kubelet: { evictionPressureTransitionPeriod: '1s' } })
    await giveImage(node.socket)
    cluster = new TestCluster(node.kubeconfig)
    await cluster.open()
  })
  afterAll(async () => {
    await cluster.close()
    await removeCluster(folder)
    rmSync(folder, { recursive: true, force: true })
  })
  function kubectl(...words: readonly string[]): void {
    execFileSync(join(folder, 'kube'), ['kubectl', '--kubeconfig', node.kubeconfig, ...words], { stdio: 'pipe' })
  }

  /** Its warnings are in `warnings`. */
  async function open(options: KubernetesContainersOptions): Promise<ContainerFactory> {
    const silent = (): void => undefined
    const warn = ({ reason }: { readonly reason?: unknown }, message: string): void => {
      warnings.push(message)
      reasons.push(reason)
    }
    const logger = { debug: silent, info: silent, error: silent, warn, child: () => logger }
    const opened = cluster.factory({ destroyTimeoutMs: 4_000, scheduleTimeoutMs: 60_000, ...options }, { logger })
    await opened.open()
    factories.push(opened)
    return opened
  }

  beforeEach(async () => {
    warnings = []
    reasons = []
    factories = []
    factory = await open({})
  })
  afterEach(async () => {
    await Promise.all(factories.map((each) => each.close()))
    await eventually('no pod is left', async () => (await cluster.pods()).length === 0)
  })

  /** What the API server knows of watches of pods in one namespace, and of connections to output: ours alone. */
  async function connections(): Promise<string[]> {
    const lines = (await text(await cluster.api.stream('/metrics', {}, 10_000, AbortSignal.timeout(10_000)))).split(
      '\n',
    )
    const open = lines.filter((line) => line.startsWith('apiserver_longrunning_requests{') && !line.endsWith(' 0'))
    return open.filter(
      (line) => /resource="pods".*scope="namespace".*verb="WATCH"/.test(line) || line.includes('subresource="attach"'),
    )
  }

  it('an API server that is killed and started again: runs go on, deaths are heard of, pods are made and ended', async () => {
    const [busy, dies, ends] = await Promise.all([1, 2, 3].map(() => factory.create(specOf(cluster))))
    await initialise(busy!, WAITS)
    await initialise(dies!, 'function main() { setTimeout(() => process.exit(9), 10); return {} }')
    const log = busy!.openLog('a1', { limitBytes: 10_000 })
    const running = run(busy!, { begin: true })
    await node.stop('kube-apiserver', { signal: 'SIGKILL' })
    await run(dies!)
    await expect(factory.create(specOf(cluster))).rejects.toMatchObject({ code: 'ERR_UNAVAILABLE' })
    const ended = ends!.destroy()
    await node.start('kube-apiserver')
    expect(await running).toEqual({ over: true })
    expect(await dies!.exited).toMatchObject({ reason: 'exited', exitCode: 9 })
    await ended
    // What was written while nobody could hear it is lost, and the log says so.
    const { lines, complete } = await log.collect({ waitMs: 2_000 })
    if (complete) expect(lines.map(({ text }) => text)).toEqual(['begun', 'over'])
    await eventually('output is heard again', async () => {
      const again = busy!.openLog('a2', { limitBytes: 10_000 })
      await run(busy!, {}, 'a2')
      return (await again.collect({ waitMs: 1_000 })).complete
    })
    expect(await answer(await factory.create(specOf(cluster)), 'function main() { return { new: true } }')).toEqual({
      new: true,
    })
    expect(warnings).toContain('lost the watch of the pods; trying to have it again')
  })

  it('a kubelet that stands still: runs go on, and what is destroyed is waited for no longer than is said', async () => {
    const hasty = await open({ destroyTimeoutMs: 1_000 })
    const [stays, ends] = await Promise.all([1, 2].map(() => hasty.create(specOf(cluster))))
    await initialise(stays!, 'function main() { console.log("here"); return { here: true } }')
    node.signal('kubelet', 'SIGSTOP')
    const since = Date.now()
    try {
      expect(await run(stays!)).toEqual({ here: true })
      await ends!.destroy()
      expect((await ends!.exited).reason).toBe('destroyed')
      expect(warnings).toContain('a node did not confirm the end of a pod, which was removed without it')
      for (; Date.now() - since < STILL_MS; await sleep(1_000)) expect(await run(stays!)).toEqual({ here: true })
    } finally {
      node.signal('kubelet', 'SIGCONT')
    }
    expect((await logged(stays!, 'a2')).lines.map(({ text }) => text)).toEqual(['here'])
  })

  it('a node that is lost: what ran there is given up, none is put there, and it serves again once it is back', async () => {
    const patient = await open({ destroyTimeoutMs: 1_000 })
    const impatient = await open({ scheduleTimeoutMs: 500 })
    const there = await patient.create(specOf(cluster))
    await initialise(there, FOREVER)
    const running = run(there).catch((error: unknown) => error)
    node.signal('kubelet', 'SIGSTOP')
    // What the cluster does with one of many nodes that does not answer any more; with all of them it waits.
    kubectl('taint', 'nodes', 'node', TAINT)
    try {
      expect(await there.exited).toEqual({ reason: 'lost' })
      expect(await running).toMatchObject({ code: 'ERR_CONNECTION_LOST' })
      expect(warnings).toContain('a pod was taken away')
      await expect(impatient.create(specOf(cluster))).rejects.toMatchObject({
        code: 'ERR_START_FAILED',
        message: expect.stringMatching(/Unschedulable: .*taint/) as string,
      })
      await there.destroy()
      expect(await cluster.pods()).toEqual([])
    } finally {
      node.signal('kubelet', 'SIGCONT')
      kubectl('taint', 'nodes', 'node', `${TAINT}-`)
    }
    const back = await factory.create(specOf(cluster))
    expect(await answer(back, 'function main() { return { back: true } }')).toEqual({ back: true })
  })

  // A kubelet compares once in ten seconds.
  const eviction = process.env['STEMCELL_TEST_EVICTION'] === '1'
  const unless = eviction ? '' : ' (takes twenty seconds: STEMCELL_TEST_EVICTION=1 adds it)'
  it.skipIf(!eviction)(
    `a node whose memory runs out: a pod that it puts out is lost, not the fault of its action${unless}`,
    async () => {
      const file = join(folder, 'kubelet', 'config.json')
      const config = JSON.parse(readFileSync(file, 'utf8')) as object
      const restart = async (more: object): Promise<void> => {
        writeFileSync(file, JSON.stringify({ ...config, ...more }))
        await node.stop('kubelet')
        await node.start('kubelet')
      }
      const there = await factory.create(specOf(cluster))
      await initialise(there, FOREVER)
      const running = run(there).catch((error: unknown) => error)
      // Some is always used. A hard threshold would be taken from what pods may have, too.
      await restart({
        evictionSoft: { 'memory.available': '99.9%' },
        evictionSoftGracePeriod: { 'memory.available': '1s' },
        evictionMaxPodGracePeriod: 1,
      })
      try {
        expect(await there.exited).toEqual({ reason: 'lost' })
        expect(await running).toMatchObject({ code: 'ERR_CONNECTION_LOST' })
        expect(reasons).toContainEqual(expect.stringMatching(/^Evicted: The node was low on resource: memory/))
      } finally {
        await restart({})
      }
      const next = await factory.create(specOf(cluster))
      expect(await answer(next, 'function main() { return { next: true } }')).toEqual({ next: true })
    },
  )

  it(`${MANY} pods at once are made a few at a time, and all of them go`, async () => {
    const made = await Promise.all(
      Array.from({ length: MANY }, () => factory.create(specOf(cluster, { memoryMb: 64 }))),
    )
    const answers = await Promise.all(
      made.map((container: Container) => answer(container, 'function main({ n }) { return { n } }', { n: 1 })),
    )
    expect(answers).toEqual(made.map(() => ({ n: 1 })))
    expect(await connections()).not.toEqual([])
    await factory.close()
    expect(await cluster.pods()).toEqual([])
    await eventually('no watch and no connection to output is left', async () => (await connections()).length === 0)
  })
})
