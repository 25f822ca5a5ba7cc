import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { describeWith } from '../../../test/describe-with.ts'
import { eventually } from '../../../test/eventually.ts'
import { Installation } from './installation.ts'

const MINUTE_MS = 60_000
const CALLERS = 4

interface Activation {
  readonly activationId: string
  readonly response: { readonly status: string; readonly result: Record<string, unknown> }
}

describeWith('kubernetes', 'the manifests on a cluster', (kubeconfig) => {
  const containerd = process.env['STEMCELL_TEST_KUBERNETES_CONTAINERD']
  const missing = containerd ? Installation.missing : 'STEMCELL_TEST_KUBERNETES_CONTAINERD does not say where images go'
  if (missing !== undefined) {
    it.skip(`serve actions (${missing})`)
    return
  }
  const installation = new Installation(kubeconfig)
  let refused = 0
  const put = async (name: string, code: string): Promise<void> => {
    const { status, body } = await installation.call('PUT', `actions/${name}?overwrite=true`, {
      exec: { kind: 'nodejs:default', code },
    })
    expect(status, JSON.stringify(body)).toBe(200)
  }
  /** Until it is taken: who is refused was told so, and asks again. The id of the activation. */
  const invoke = async (name: string, payload: object, blocking = true): Promise<string> => {
    for (const began = Date.now(); ;) {
      const answer = await installation.call('POST', `actions/${name}?blocking=${blocking}`, payload)
      const { activationId } = answer.body as Partial<Activation>
      if (activationId !== undefined) return activationId
      if (answer.status !== 503 || Date.now() - began > MINUTE_MS) throw new Error(JSON.stringify(answer))
      refused += 1
      await sleep(100)
    }
  }
  const recordOf = async (id: string): Promise<Activation | undefined> => {
    const { status, body } = await installation.call('GET', `activations/${id}`)
    return status === 200 ? (body as Activation) : undefined
  }

  beforeAll(() => installation.install(containerd!), 4 * MINUTE_MS)
  afterAll(() => installation.remove(), 2 * MINUTE_MS)

  /** Calls an action from several sides until `done`; the ids of what was taken. */
  async function underLoad(done: Promise<unknown>): Promise<string[]> {
    let going = true
    const ids: string[] = []
    const caller = async (index: number): Promise<void> => {
      for (let n = 0; going; n += 1) ids.push(await invoke('hi', { name: `${index}-${n}` }))
    }
    const ended = done.finally(() => (going = false))
    await Promise.all([ended, ...Array.from({ length: CALLERS }, (_, index) => caller(index))])
    return ids
  }

  async function expectAllKept(ids: readonly string[], endings = ['success']): Promise<void> {
    const lost = new Set(ids)
    await eventually(
      () => `records of ${[...lost].join(', ')}`,
      async () => {
        for (const id of lost) {
          const record = await recordOf(id)
          if (record === undefined) continue
          expect(endings, JSON.stringify(record)).toContain(record.response.status)
          lost.delete(id)
        }
        return lost.size === 0
      },
      2 * MINUTE_MS,
    )
  }

  it(
    'serve the first action of the README through a port of the node',
    async () => {
      await put('hi', 'function main({ name }) { return { greeting: `Hi, ${name}` } }')
      await invoke('hi', { name: 'anybody' })
      const answer = await installation.call('POST', 'actions/hi?blocking=true&result=true', { name: 'you' })
      expect(answer).toEqual({ status: 200, body: { greeting: 'Hi, you' } })
      await eventually('the activation is listed', async () => {
        const { body } = await installation.call('GET', 'activations?limit=1')
        return (body as readonly unknown[]).length === 1
      })
    },
    2 * MINUTE_MS,
  )

  it(
    'lose nothing when controllers and invokers are replaced one after the other, and finish what they run before they go',
    async () => {
      await put('slow', 'const main = ({ ms }) => new Promise((resolve) => setTimeout(() => resolve({ ms }), ms))')
      const running = await Promise.all(Array.from({ length: 6 }, () => invoke('slow', { ms: 5_000 }, false)))
      const roll = async (): Promise<void> => {
        installation.kubectl('rollout', 'restart', 'statefulset/controller', 'statefulset/invoker')
        await installation.rolledOut()
      }
      const before = refused
      const began = Date.now()
      const ids = await underLoad(roll())
      const tookMs = Date.now() - began
      process.stdout.write(`while pods were replaced: ${ids.length} calls taken, ${refused - before} refused before\n`)
      expect(ids.length).toBeGreaterThan(CALLERS)
      await expectAllKept([...running, ...ids])
      // Far less than terminationGracePeriodSeconds: all of them ended by themselves.
      expect(tookMs).toBeLessThan(4 * MINUTE_MS)
    },
    6 * MINUTE_MS,
  )

  it(
    'take over what an invoker had that is gone from one moment to the next, and remove the pods that it left',
    async () => {
      const [, number] = /Stemcell invoker (\d+) is ready/.exec(installation.kubectl('logs', 'invoker-0'))!
      const podsOfIt = (): string[] => installation.actionPods(`stemcell.invoker=invoker${number}`)
      const ids = await Promise.all(Array.from({ length: 6 }, () => invoke('slow', { ms: 4_000 }, false)))
      await eventually('the invoker has pods', () => podsOfIt().length > 0, MINUTE_MS)
      const left = podsOfIt()
      installation.kubectl('delete', 'pod', 'invoker-0', '--force', '--grace-period=0')
      await eventually(
        () => `the end of ${left.join(', ')}`,
        () => podsOfIt().every((name) => !left.includes(name)),
        2 * MINUTE_MS,
      )
      // An activation whose container may have begun it is not run twice: it ends, and says so.
      await expectAllKept(ids, ['success', 'whisk internal error'])
      await installation.rolledOut()
      await expectAllKept([await invoke('hi', { name: 'again' })])
    },
    6 * MINUTE_MS,
  )
})
