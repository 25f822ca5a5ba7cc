import { expect, it } from 'vitest'
import { PlatformError } from '../../src/errors.ts'
import type { SimulatedAnswer } from '../../src/container/simulated-containers.ts'
import { SeededRandom } from '../../src/time/seeded-random.ts'
import { InvokerBench } from './fakes/invoker-bench.ts'
import { anIdentity } from './fakes/model-samples.ts'

const ACTIVATIONS = 1_500
const seed = Number(process.env['STEMCELL_SEED'] ?? 20_240_501)
const replay = `STEMCELL_SEED=${seed} npx vitest run packages/core/test/invoker/invoker-simulation.test.ts`

it(`ends every activation in one record, whatever fails (${replay})`, { timeout: 120_000 }, async () => {
  const random = new SeededRandom(seed)
  const chance = (perThousand: number): boolean => random.below(1_000) < perThousand
  const unavailable = new PlatformError('ERR_UNAVAILABLE', 'chaos')
  /** Activation to the number of times that its code was started. */
  const started = new Map<string, number>()
  /** Container to the namespace and action it was used for. */
  const owners = new Map<string, string>()

  const shared: string[] = []
  const own = (container: string, owner: string): void => {
    if ((owners.get(container) ?? owner) !== owner) shared.push(`${container}: ${owners.get(container)}, ${owner}`)
    owners.set(container, owner)
  }
  const answer = (): SimulatedAnswer => {
    const delayMs = random.below(chance(50) ? 3_000 : 100)
    if (chance(20)) return { delayMs, failure: 'connection-lost' }
    if (chance(10)) return { delayMs, exit: { reason: 'out-of-memory' } }
    if (chance(10)) return { failure: 'never-answers' }
    if (chance(20)) return { delayMs, status: 502, body: '{"error":"chaos"}' }
    return { delayMs, body: '{"ok":true}', logs: [{ text: 'line' }] }
  }
  const bench = new InvokerBench({
    options: { userMemoryMb: 1_024 },
    manifest: {
      runtimes: {
        nodejs: [{ kind: 'nodejs:20', image: { name: 'n' }, stemCells: [{ initialCount: 1, memory: '256 MB' }] }],
      },
    },
    containers: {
      totalMemoryMb: 1_024,
      behaviour: {
        create: () => ({ delayMs: random.below(300), ...(chance(20) ? { failure: unavailable } : {}) }),
        init: () => (chance(20) ? { status: 503 } : answer()),
        run: ({ id, body }) => {
          if (chance(20)) return { failure: 'not-reached' }
          const call = JSON.parse(body) as { readonly [field: string]: string }
          own(id, `${call['namespace']} ${call['action_name']}`)
          const activationId = call['activation_id']!
          started.set(activationId, (started.get(activationId) ?? 0) + 1)
          return answer()
        },
        suspend: () => (chance(20) ? { failure: unavailable } : {}),
        resume: () => (chance(20) ? { failure: unavailable } : { delayMs: 10 }),
      },
    },
  })
  await bench.open()
  const actions = ['a', 'b', 'c', 'd', 'e', 'f']
  for (const [index, name] of actions.entries()) {
    await bench.define({
      name,
      limits: { timeout: 2_000, memory: [128, 256, 512][index % 3]!, concurrency: 1 + (index % 2) },
    })
  }
  const put = bench.records.put.bind(bench.records)
  bench.records.put = (record) => (chance(30) ? Promise.reject(unavailable) : put(record))
  const publish = bench.queue.publish.bind(bench.queue)
  bench.queue.publish = (topic, body, options) =>
    topic === 'completedc0' && chance(20) ? Promise.reject(unavailable) : publish(topic, body, options)

  const ids: string[] = []
  while (ids.length < ACTIVATIONS) {
    const name = actions[random.below(chance(500) ? 2 : actions.length)]!
    const user = anIdentity(chance(200) ? 'other' : 'guest')
    const id = await bench.send({ user, blocking: chance(500), action: { path: 'guest', name } })
    ids.push(id)
    // Some messages come twice.
    if (chance(30)) await bench.send({ activationId: id, user, action: { path: 'guest', name } })
    await bench.clock.advance(chance(5) ? 30_000 : random.below(60))
  }
  await bench.clock.advance(600_000)

  for (const id of ids) {
    const found = [await bench.records.get('guest', id), await bench.records.get('other', id)].filter(Boolean)
    expect(found, `${id}: ${replay}`).toHaveLength(1)
    expect(
      bench.acksOf(id).filter(({ completion }) => completion),
      `${id}: ${replay}`,
    ).toHaveLength(1)
  }
  expect(
    [...started.values()].filter((count) => count > 1),
    replay,
  ).toEqual([])
  expect(started.size, replay).toBeGreaterThan(ACTIVATIONS / 2)
  await bench.close()
  expect(await bench.containers.list({ platform: 'test', invoker: 'invoker0' }), replay).toEqual([])
})
