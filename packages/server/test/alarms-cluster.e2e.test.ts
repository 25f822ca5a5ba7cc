import { randomBytes } from 'node:crypto'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { clusterConfig } from '../../../examples/cluster/cluster-config.mjs'
import { LocalCluster } from '../../../examples/cluster/local-cluster.mjs'
import { describeWith } from '../../../test/describe-with.ts'
import { removeKeys } from '../../spi-redis/test/redis-keys.ts'
import { eventually } from '../../../test/eventually.ts'

vi.setConfig({ testTimeout: 180_000, hookTimeout: 120_000 })

const HEARTBEAT_MS = 500
const TAKEOVER_MS = 3_000
/** What the documentation promises, and as much again for a busy machine. */
const LATEST_MS = 2 * (TAKEOVER_MS + 2 * HEARTBEAT_MS)
const SECONDS = 30
const CLUSTERS = [2, 3]
const UNLIMITED = { invocationsPerMinute: 100_000, firesPerMinute: 100_000, concurrentInvocations: 1_000 }

interface TriggerRecord {
  readonly activationId: string
  readonly annotations: readonly { readonly key: string; readonly value: { occurrence: string; lateMs: number } }[]
  readonly logs: readonly string[]
}

describeWith('redis', 'schedules of a cluster', (redisUrl) => {
  const prefix = `alarms-${randomBytes(4).toString('hex')}`
  let folder: string
  let cluster: LocalCluster | undefined

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'stemcell-alarms-'))
  })
  afterEach(async () => {
    await cluster?.stop()
    cluster = undefined
    rmSync(folder, { recursive: true, force: true })
    await removeKeys(redisUrl, prefix)
  })

  async function start(controllers: number): Promise<LocalCluster> {
    cluster = await LocalCluster.start({
      folder,
      controllers,
      invokers: 1,
      config: (apiHost) => ({
        ...clusterConfig({ queue: 'redis', redisUrl, prefix, apiHost }),
        limits: UNLIMITED,
        systemPackages: { alarms: { options: { heartbeatMs: HEARTBEAT_MS, takeoverAfterMs: TAKEOVER_MS } } },
      }),
    })
    return cluster
  }

  async function call<T>(controller: number, method: string, path: string, body?: object): Promise<T> {
    const target = path.startsWith('/') ? path : `/api/v1/namespaces/_/${path}`
    const response = await fetch(`${cluster!.controllers[controller]!.url}${target}`, {
      method,
      headers: { authorization: cluster!.authorization, 'content-type': 'application/json' },
      ...(body && { body: JSON.stringify(body) }),
    })
    const text = await response.text()
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`)
    return JSON.parse(text) as T
  }

  it.each(CLUSTERS)(
    'of %i controllers fire each occurrence once when those are killed, frozen and woken again',
    async (controllers) => {
      const {
        controllers: [first, second],
      } = await start(controllers)
      const runs = join(folder, 'runs')
      const code = `const { appendFileSync } = require('fs')
      function main() { appendFileSync(${JSON.stringify(runs)}, process.env.__OW_ACTIVATION_ID + '\\n'); return {} }`
      await call(0, 'PUT', 'actions/tick', { exec: { kind: 'nodejs:20', code }, limits: { concurrency: 1 } })
      await call(0, 'POST', 'actions/tick?blocking=true', {})

      const firstMs = Math.ceil(Date.now() / 1000) * 1000 + 5_000
      const lastMs = firstMs + (SECONDS - 1) * 1_000
      const expected = Array.from({ length: SECONDS }, (_, index) => new Date(firstMs + index * 1_000).toISOString())
      const triggers = Array.from(
        { length: 6 },
        (_, index) => `${'abc'[Math.floor(index / controllers)]}${index % controllers}`,
      )
      for (const name of triggers) {
        // Whoever makes a schedule owns it.
        const owner = Number(name[1])
        await call(owner, 'PUT', `triggers/${name}`, {})
        await call(owner, 'PUT', `rules/r${name}`, { trigger: `/_/${name}`, action: '/_/tick' })
        const parameters = { cron: '* * * * * *', startDate: firstMs, stopDate: lastMs + 500, missed: 'all' }
        const feed = '/api/v1/namespaces/whisk.system/actions/alarms/alarm?blocking=true&result=true'
        const created = await call(owner, 'POST', feed, { lifecycleEvent: 'CREATE', triggerName: name, ...parameters })
        expect(created).toEqual({ status: 'success' })
      }

      const at = (ms: number): Promise<void> => eventually('the moment', () => Date.now() >= ms, 120_000)
      await at(firstMs + 5_300)
      await first!.kill()
      // Of two, one is there at any time.
      if (controllers === 2) await first!.start()
      await at(firstMs + 12_700)
      process.kill(second!.pid!, 'SIGSTOP')
      await at(firstMs + 20_100)
      process.kill(second!.pid!, 'SIGCONT')
      if (controllers > 2) await first!.start()

      const recordsOf = (name: string): Promise<TriggerRecord[]> =>
        call(controllers - 1, 'GET', `activations?name=${name}&docs=true&limit=200`)
      const occurrenceOf = ({ annotations }: TriggerRecord): { occurrence: string; lateMs: number } =>
        annotations.find(({ key }) => key === 'schedule')!.value
      const all = new Map<string, TriggerRecord[]>()
      await eventually(
        () => `every occurrence: ${[...all].map(([name, found]) => `${name} ${found.length}`).join(', ')}`,
        async () => {
          for (const name of triggers) all.set(name, await recordsOf(name))
          return Date.now() > lastMs + 2_000 && [...all.values()].every((found) => found.length >= SECONDS)
        },
        120_000,
      )
      const lateness: number[] = []
      for (const [name, records] of all) {
        const fired = records.map(occurrenceOf)
        expect(fired.map(({ occurrence }) => occurrence).sort(), name).toEqual(expected)
        lateness.push(...fired.map(({ lateMs }) => lateMs))
      }
      expect(lateness.length).toBe(SECONDS * triggers.length)
      expect(Math.max(...lateness)).toBeLessThan(LATEST_MS)

      // The ids of triggers and of what their rules start follow from the occurrence, so the actions themselves are asked.
      const started = [...all.values()]
        .flat()
        .map(({ logs }) => (JSON.parse(logs[0]!) as { activationId: string }).activationId)
      const ran = (): string[] => (existsSync(runs) ? readFileSync(runs, 'utf8').trim().split('\n').slice(1) : [])
      await eventually(
        () => `every action to run: ${ran().length} of ${started.length}`,
        () => ran().length >= started.length,
        60_000,
      )
      expect(ran().sort()).toEqual(started.sort())
    },
  )
})
