import type { ContainerFactory, ContainerSpec, Logger } from '@stemcell/core'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { describeWith } from '../../../test/describe-with.ts'
import type { Pod } from '../src/api/pod.ts'
import { useCluster } from './cluster.ts'
import { answer, eventually, initialise, logged, run, specOf } from './harness.ts'

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

describeWith('kubernetes', 'the life of a pod', (kubeconfig) => {
  const cluster = useCluster(kubeconfig)
  let factory: ContainerFactory

  beforeAll(async () => {
    factory = cluster.factory({ scheduleTimeoutMs: 3_000 })
    await factory.open()
  })
  afterAll(() => factory.close())

  const podOf = (name: string) => cluster.get<Pod & { spec: object }>(`${cluster.podsPath}/${name}`)
  const warningsTo = (warnings: string[]): Logger => {
    const silent = (): void => undefined
    const warn = (_fields: object, message: string): void => void warnings.push(message)
    const logger: Logger = { debug: silent, info: silent, error: silent, warn, child: () => logger }
    return logger
  }
  const fails = (spec: Partial<ContainerSpec>): Promise<unknown> =>
    factory.create(specOf(cluster, spec)).catch((error: unknown) => error)

  it.concurrent('begins where everything is strict, and is found by its labels', async () => {
    const labels = { namespace: 'guest', action: 'guest/hello' }
    const container = await factory.create(specOf(cluster, { labels, cpu: 0.5 }))
    const pod = await podOf(container.id)
    expect(pod?.metadata.labels).toMatchObject({
      'app.kubernetes.io/managed-by': 'stemcell',
      'stemcell.platform': cluster.platform,
      'stemcell.invoker': 'invoker0',
      'stemcell.label.namespace': 'guest',
      'stemcell.label.action': expect.stringMatching(/^guest-hello-[0-9a-f]{24}$/) as string,
    })
    const facts = `const { existsSync, writeFileSync, readFileSync } = require('node:fs')
      function main() {
        let root = 'writable'
        try { writeFileSync('/x', '') } catch ({ code }) { root = code }
        writeFileSync('/tmp/x', '')
        return {
          uid: process.getuid(), root, token: existsSync('/var/run/secrets/kubernetes.io'),
          services: Object.keys(process.env).filter((name) => /_SERVICE_/.test(name) && !name.startsWith('KUBERNETES_')),
          frames: !process.moduleLoadList.includes('NativeModule _http_server'),
          privileges: /NoNewPrivs:.*1/.test(readFileSync('/proc/self/status', 'utf8')),
        }
      }`
    expect(await answer(container, facts)).toEqual({
      uid: 65_532,
      root: 'EROFS',
      token: false,
      services: [],
      frames: true,
      privileges: true,
    })
  })

  it.concurrent('has variables as they are given, and those of fields of the pod', async () => {
    const other = cluster.factory({ fieldEnvironment: { POD: 'metadata.name' } })
    await other.open()
    try {
      const container = await other.create(specOf(cluster, { environment: { A: '$(POD) $$ $HOME' } }))
      const code = 'function main() { const { A, POD } = process.env; return { A, POD } }'
      expect(await answer(container, code)).toEqual({ A: '$(POD) $$ $HOME', POD: container.id })
    } finally {
      await other.close()
    }
  })

  it.concurrent('prints on both streams, its child processes too', async () => {
    const container = await factory.create(specOf(cluster))
    await initialise(
      container,
      `const { spawnSync } = require('node:child_process')
       function main() {
         spawnSync(process.execPath, ['-e', 'console.log("child"); console.error("bad child")'], { stdio: 'inherit' })
         console.log('own')
         return {}
       }`,
    )
    const { lines, complete } = await logged(container, 'a1')
    const textsOf = (name: string) => lines.filter(({ stream }) => stream === name).map(({ text }) => text)
    expect([textsOf('stdout'), textsOf('stderr'), complete]).toEqual([['child', 'own'], ['bad child'], true])
  })

  it.concurrent(
    "is spoken to over HTTP, and its logs are told apart by sentinels, where the image is a user's",
    async () => {
      const other = cluster.factory({ pull: 'never' })
      await other.open()
      try {
        const container = await other.create(specOf(cluster, { userImage: true }))
        await initialise(
          container,
          `function main({ text }) {
          console.log(text)
          console.error('bad ' + text)
          return { http: process.moduleLoadList.includes('NativeModule _http_server'), token: process.env.STEMCELL_LOG_TOKEN ?? null }
        }`,
        )
        for (const text of ['one', 'two']) {
          const { lines, complete } = await logged(container, text, { text })
          expect(lines.map((line) => `${line.stream} ${line.text}`).sort()).toEqual([
            `stderr bad ${text}`,
            `stdout ${text}`,
          ])
          expect(complete).toBe(true)
        }
        expect(await run(container, { text: 'three' })).toEqual({ http: true, token: null })
      } finally {
        await other.close()
      }
    },
  )

  it.concurrent(
    'ends as out of memory when it takes too much, and who asks at once for the reason is told',
    async () => {
      const container = await factory.create(specOf(cluster))
      const hoards = `const kept = []
      function main() { for (;;) kept.push(Buffer.alloc(1048576, 1)) }`
      await initialise(container, hoards)
      await expect(run(container)).rejects.toMatchObject({ code: 'ERR_CONNECTION_LOST' })
      const now = await Promise.race([container.exited, Promise.resolve(undefined)])
      expect(now).toMatchObject({ reason: 'out-of-memory', exitCode: 137 })
      const heap = await factory.create(specOf(cluster, { memoryMb: 512 }))
      await initialise(heap, 'const all = []; function main() { for (;;) all.push(new Array(1000).fill(all.length)) }')
      await expect(run(heap)).rejects.toMatchObject({ code: 'ERR_CONNECTION_LOST' })
      expect(await heap.exited).toMatchObject({ reason: 'out-of-memory' })
    },
  )

  it.concurrent('ends when somebody deletes it, by force or not, and is destroyed all the same', async () => {
    for (const gracePeriodSeconds of [1, 0]) {
      const container = await factory.create(specOf(cluster))
      await cluster.remove(`${cluster.podsPath}/${container.id}`, { gracePeriodSeconds })
      expect((await container.exited).reason).toMatch(/^(exited|lost)$/)
      await container.destroy()
    }
  })

  it.concurrent(
    'ends as asked for when its node is emptied, and the operator hears that it was taken away',
    async () => {
      const warnings: string[] = []
      const other = cluster.factory({}, { logger: warningsTo(warnings) })
      await other.open()
      try {
        const container = await other.create(specOf(cluster))
        const name = container.id
        // What `kubectl drain` does.
        await cluster.post(`${cluster.podsPath}/${name}/eviction`, {
          apiVersion: 'policy/v1',
          kind: 'Eviction',
          metadata: { name },
        })
        expect(await container.exited).toEqual({ reason: 'lost' })
        expect(warnings).toEqual(['a pod was taken away'])
        await expect(run(container)).rejects.toMatchObject({ code: 'ERR_NOT_REACHED' })
      } finally {
        await other.close()
      }
    },
  )

  it.concurrent('is gone when its destruction is over: the object, and so the container', async () => {
    const container = await factory.create(specOf(cluster))
    await initialise(container, 'function main() { for (;;); }')
    const busy = run(container).catch(({ code }: { code: string }) => code)
    await container.destroy()
    expect(await podOf(container.id)).toBeUndefined()
    expect(await busy).toMatch(/ERR_(CONNECTION_LOST|NOT_REACHED)/)
  })

  it.concurrent(
    'is not made of an image that is not there: the user is told, or for an image of ours the operator',
    async () => {
      expect(await fails({ image: 'stemcell/action-absent:1' })).toMatchObject({
        code: 'ERR_START_FAILED',
        message: expect.stringMatching(
          /^no node can have image stemcell\/action-absent:1: make it \(stemcell images build .*push it .*import it .*: ErrImageNeverPull: /,
        ) as string,
        userHint: expect.stringMatching(
          /^The platform has no image stemcell\/action-absent:1 .*images build/,
        ) as string,
      })
      const never = cluster.factory({ pull: 'never' })
      await never.open()
      try {
        const spec = specOf(cluster, { image: 'someone/absent:1', userImage: true })
        await expect(never.create(spec)).rejects.toMatchObject({
          code: 'ERR_IMAGE',
          message: "There is no container image 'someone/absent:1'.",
        })
      } finally {
        await never.close()
      }
      const unpulled = await fails({ image: '127.0.0.1:1/absent:1', userImage: true })
      expect(unpulled).toMatchObject({
        code: 'ERR_IMAGE',
        message: "Failed to pull container image '127.0.0.1:1/absent:1'.",
      })
    },
  )

  it.concurrent('is not made where no node has room: the operator is told in the words of the scheduler', async () => {
    const before = performance.now()
    const error = await fails({ memoryMb: 8_000_000 })
    expect(error).toMatchObject({
      code: 'ERR_START_FAILED',
      message: expect.stringMatching(
        /no node for it within 3000 ms: Unschedulable: 0\/\d+ nodes .*[Ii]nsufficient memory/,
      ) as string,
    })
    expect(performance.now() - before).toBeGreaterThan(2_900)
  })

  it.concurrent('is not made beyond a quota, and nothing is left of the attempt', async () => {
    const namespace = `${cluster.namespace}-quota`
    await cluster.makeNamespace(namespace)
    const path = `/api/v1/namespaces/${namespace}/resourcequotas`
    const spec = { hard: { 'requests.memory': '1Ki' } }
    const other = cluster.factory({ namespace })
    await other.open()
    try {
      await cluster.post(path, { apiVersion: 'v1', kind: 'ResourceQuota', metadata: { name: 'small' }, spec })
      await eventually('the quota counts', async () => {
        const quota = await cluster.get<{ status?: { hard?: object } }>(`${path}/small`)
        return quota?.status?.hard !== undefined
      })
      await expect(other.create(specOf(cluster))).rejects.toMatchObject({
        code: 'ERR_START_FAILED',
        message: expect.stringMatching(/Kubernetes refused: .*exceeded quota: small/) as string,
      })
      expect(await other.list({ platform: cluster.platform, invoker: 'invoker0' })).toEqual([])
      const warnings: string[] = []
      const late = cluster.factory({ namespace }, { logger: warningsTo(warnings) })
      await late.open()
      await late.close()
      expect(warnings).toEqual(['no pod can be made at the moment'])
    } finally {
      await other.close()
      await cluster.remove(`/api/v1/namespaces/${namespace}`)
    }
  })

  it.concurrent('is not made when nobody wants it any more, and leaves nothing', async () => {
    const owner = { platform: cluster.platform, invoker: 'impatient' }
    for (const afterMs of [0, 50, 400]) {
      await expect(
        factory.create(specOf(cluster, { owner }), { signal: AbortSignal.timeout(afterMs) }),
      ).rejects.toMatchObject({ code: 'ERR_START_FAILED' })
    }
    expect(await factory.list(owner)).toEqual([])
  })

  it.concurrent('takes what the operator wants of every pod', async () => {
    const podTemplate = {
      metadata: { annotations: { 'example.org/note': 'hello' } },
      spec: {
        terminationGracePeriodSeconds: 99,
        containers: [{ name: 'action', env: [{ name: 'EXTRA', value: 'x' }] }],
      },
    }
    const other = cluster.factory({ podTemplate })
    await other.open()
    try {
      const container = await other.create(specOf(cluster))
      expect(await answer(container, 'function main() { return { extra: process.env.EXTRA } }')).toEqual({ extra: 'x' })
      expect((await podOf(container.id))?.metadata.annotations).toMatchObject({ 'example.org/note': 'hello' })
    } finally {
      await other.close()
    }
  })

  it.concurrent('does not begin with a template or a namespace in which there can be no pod, and says so', async () => {
    const wrong = cluster.factory({ podTemplate: { spec: { hostNetwork: true } } })
    await expect(wrong.open()).rejects.toMatchObject({
      code: 'ERR_CONFIG',
      message: expect.stringMatching(/no pod can be made in namespace .*: .*violates PodSecurity/) as string,
    })
    const misspelt = cluster.factory({ podTemplate: { spec: { nodeSelector: { a: '!' } } } })
    await expect(misspelt.open()).rejects.toMatchObject({ code: 'ERR_CONFIG' })
    const nowhere = cluster.factory({ namespace: 'stemcell-nowhere' })
    await expect(nowhere.open()).rejects.toMatchObject({
      code: 'ERR_CONFIG',
      message: expect.stringMatching(/namespaces "stemcell-nowhere" not found/) as string,
    })
  })

  it.concurrent(
    'leaves pods alone that are not of Stemcell, or of another platform with a label that is the same',
    async () => {
      const owner = { platform: cluster.platform, invoker: 'reaped' }
      const labels = {
        'stemcell.platform': cluster.platform,
        'stemcell.invoker': 'reaped',
        'stemcell.factory': 'x',
        'stemcell.key': 'y',
      }
      const security = { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] }, runAsNonRoot: true }
      await cluster.post(cluster.podsPath, {
        metadata: { name: 'innocent', labels },
        spec: {
          securityContext: { seccompProfile: { type: 'RuntimeDefault' } },
          containers: [{ name: 'c', image: cluster.image, imagePullPolicy: 'Never', securityContext: security }],
        },
      })
      const earlier = cluster.factory()
      await earlier.open()
      const left = await earlier.create(specOf(cluster, { owner }))
      expect((await factory.list(owner)).map(({ id }) => id)).toEqual([left.id])
      expect(await factory.reap(owner)).toBe(1)
      await earlier.close()
      expect((await podOf('innocent'))?.metadata.deletionTimestamp).toBeUndefined()
      await cluster.remove(`${cluster.podsPath}/innocent`, { gracePeriodSeconds: 0 })
    },
  )
})
