import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { configSchema } from '../../../packages/server/src/config/config-schema.ts'
import { describeWith } from '../../../test/describe-with.ts'
import { clusterConfig } from '../cluster-config.mjs'
import { LocalCluster } from '../local-cluster.mjs'

const SERVER = fileURLToPath(new URL('../../../packages/server/dist/bundle/main.js', import.meta.url))
const CONTRACT = fileURLToPath(new URL('../../../scripts/contract.mjs', import.meta.url))
const MINUTE_MS = 60_000

interface Answer {
  readonly status: number
  readonly body: unknown
}

function clusterTests(queue: 'redis' | 'kafka', places: { redisUrl: string; kafkaBrokers?: string }): void {
  let folder: string
  let cluster: LocalCluster

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'stemcell-cluster-'))
    cluster = await LocalCluster.start({
      folder,
      controllers: 2,
      invokers: 3,
      config: (apiHost) => clusterConfig({ queue, ...places, prefix: `test-${queue}-${process.pid}`, apiHost }),
    })
  }, 2 * MINUTE_MS)
  afterAll(async () => {
    await cluster?.stop()
    rmSync(folder, { recursive: true, force: true })
  }, MINUTE_MS)

  async function call(controller: number, method: string, path: string, body?: object): Promise<Answer> {
    const response = await fetch(`${cluster.controllers[controller]!.url}/api/v1/namespaces/_/${path}`, {
      method,
      headers: { authorization: cluster.authorization, 'content-type': 'application/json' },
      ...(body && { body: JSON.stringify(body) }),
    })
    return { status: response.status, body: await response.json() }
  }

  it('runs on either controller what was written through the other', async () => {
    const code = 'function main({ name }) { return { greeting: `Hello, ${name}` } }'
    const action = { exec: { kind: 'nodejs:20', code } }
    expect((await call(0, 'PUT', 'actions/hello?overwrite=true', action)).status).toBe(200)
    for (const controller of [0, 1]) {
      const outcome = await call(controller, 'POST', 'actions/hello?blocking=true&result=true', { name: 'you' })
      expect(outcome).toEqual({ status: 200, body: { greeting: 'Hello, you' } })
    }
  })

  it('has the record of an activation on either controller', async () => {
    const { status, body } = await call(1, 'POST', 'actions/hello', { name: 'you' })
    expect(status).toBe(202)
    const { activationId } = body as { activationId: string }
    const result = async () => (await call(0, 'GET', `activations/${activationId}/result`)).body
    await expect.poll(result, { timeout: 10_000 }).toMatchObject({ result: { greeting: 'Hello, you' } })
  })

  it('refuses on either controller a key that stemcell admin took out of service', { timeout: MINUTE_MS }, async () => {
    const admin = async (...args: string[]): Promise<string> => {
      const place = ['--config', join(folder, 'config.json'), '--data', join(folder, 'admin')]
      const child = spawn(process.execPath, [SERVER, 'admin', ...args, ...place], {
        stdio: ['ignore', 'pipe', 'inherit'],
      })
      return (await text(child.stdout)).trim()
    }
    const authorization = `Basic ${Buffer.from(await admin('user', 'create', 'alice')).toString('base64')}`
    const statuses = (): Promise<number[]> =>
      Promise.all(
        cluster.controllers.map(
          async ({ url }) => (await fetch(`${url}/api/v1/namespaces/_/actions`, { headers: { authorization } })).status,
        ),
      )
    await expect.poll(statuses, { timeout: 10_000 }).toEqual([200, 200])
    expect(await admin('user', 'block', 'alice')).toBe('"alice" blocked successfully')
    await expect.poll(statuses, { timeout: 10_000 }).toEqual([401, 401])
    await admin('user', 'unblock', 'alice')
    await expect.poll(statuses, { timeout: 10_000 }).toEqual([200, 200])
    await admin('user', 'create', 'alice', '--revoke', '--silent')
    await expect.poll(statuses, { timeout: 10_000 }).toEqual([401, 401])
  })

  it('goes on, and loses nothing, when an invoker is killed and comes back', { timeout: 2 * MINUTE_MS }, async () => {
    const slow = 'function main() { return new Promise((resolve) => setTimeout(() => resolve({ slow: true }), 1500)) }'
    await call(0, 'PUT', 'actions/slow?overwrite=true', { exec: { kind: 'nodejs:20', code: slow } })
    const accepted = await Promise.all(
      Array.from({ length: 12 }, async (_, index) => {
        const { status, body } = await call(index % 2, 'POST', 'actions/slow')
        expect(status).toBe(202)
        return (body as { activationId: string }).activationId
      }),
    )
    const [victim] = cluster.invokers
    await victim!.kill()
    await victim!.start()
    for (const id of accepted) {
      await expect
        .poll(async () => (await call(1, 'GET', `activations/${id}`)).status, { timeout: MINUTE_MS, interval: 250 })
        .toBe(200)
    }
    await cluster.untilUp()
  })

  it('keeps the REST contract', { timeout: 8 * MINUTE_MS }, async () => {
    const child = spawn(process.execPath, [CONTRACT, '--url', cluster.controllers[1]!.url!], {
      env: { PATH: process.env['PATH'] ?? '', STEMCELL_AUTH: cluster.key },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const lines = (await text(child.stdout)).trimEnd().split('\n')
    expect(lines.filter((line) => line.startsWith('FAILED'))).toEqual([])
    expect(lines.at(-1)).toMatch(/^[1-9]\d{2,3} passed, 0 failed, /)
  })
}

describe('the configuration for containers', () => {
  it('is valid, and named by the compose file', () => {
    const folder = fileURLToPath(new URL('..', import.meta.url))
    const config = JSON.parse(readFileSync(join(folder, 'config.json'), 'utf8')) as unknown
    expect(configSchema.parse(config)).toMatchObject({ queue: { adapter: '@stemcell/spi-redis' } })
    expect(readFileSync(join(folder, 'compose.yaml'), 'utf8')).toContain('./config.json:/etc/stemcell.json')
  })
})

describe('a cluster of two controllers and three invokers', () => {
  describeWith('redis', 'over Redis', (redisUrl) => clusterTests('redis', { redisUrl }))
})
