import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { eventually } from '../../../test/eventually.ts'
import { freePort } from '../../../test/free-port.ts'
import { onPath } from '../../../test/test-with.ts'
import { call, putAction } from '../../../packages/server/test/harness/api.ts'
import { PROGRAM, SpawnedServer, TestFolder } from '../../../packages/server/test/harness/spawned-server.ts'
import { ACTION_PERFORMANCE, GLOBAL, TOP_NAMESPACES } from './openwhisk-queries.ts'

const here = join(import.meta.dirname, '..')
const isThere = onPath('prometheus') && onPath('promtool')
const title = 'the dashboards and alerts on a real Prometheus'
if (!isThere) process.stdout.write(`skipped ${title}: there is no prometheus in PATH; apt-get install prometheus\n`)

interface Dashboard {
  readonly title: string
  readonly panels: readonly { readonly title: string; readonly targets: readonly { readonly expr: string }[] }[]
}

function expressionsOf(file: string): (readonly [panel: string, expr: string])[] {
  const { title: of, panels } = JSON.parse(readFileSync(join(here, 'dashboards', file), 'utf8')) as Dashboard
  return panels.flatMap(({ title: panel, targets }) => targets.map(({ expr }) => [`${of}, ${panel}`, expr] as const))
}

const openwhisk = Object.entries({ ACTION_PERFORMANCE, GLOBAL, TOP_NAMESPACES }).flatMap(([dashboard, queries]) =>
  Object.entries(queries).map(([panel, expr]) => [`OpenWhisk’s ${dashboard}, ${panel}`, expr] as const),
)
const expressions = [...expressionsOf('platform.json'), ...expressionsOf('namespace.json'), ...openwhisk]
const alerts = [
  ...readFileSync(join(here, 'alerts.yml'), 'utf8').matchAll(/- alert: (\w+)\n\s+expr: (>-\n(?: {10}.*\n)+|.*\n)/g),
].map(([, name, expr]) => [name!, expr!.replace('>-', '').replaceAll(/\s+/g, ' ').trim()] as const)

describe.skipIf(!isThere)(`${title}${isThere ? '' : ' (there is no prometheus)'}`, { timeout: 60_000 }, () => {
  let folder: TestFolder
  let server: SpawnedServer
  let prometheus: ChildProcess
  let address: string

  const query = async (expr: string): Promise<readonly { readonly value: readonly [number, string] }[]> => {
    // No label `region` or `stack` is there to choose from; of actions and callers all are chosen.
    const asked = expr
      .replaceAll('$__rate_interval', '10s')
      .replaceAll('$time', '15s')
      .replaceAll(/\$(region|stack)/g, '')
      .replaceAll(/\$(action|initiator)/g, '.*')
      .replaceAll('$namespace', 'guest')
    const response = await fetch(`${address}/api/v1/query?query=${encodeURIComponent(asked)}`)
    const answer = (await response.json()) as { status: string; error?: string; data: { result: [] } }
    if (answer.status !== 'success') throw new Error(`${asked}: ${answer.error}`)
    return answer.data.result
  }

  beforeAll(async () => {
    folder = new TestFolder()
    server = await SpawnedServer.start(folder, { config: { port: 0, gateway: false } })
    const limits = ['limits', 'set', 'guest', '--firesPerMinute', '3', '--invocationsPerMinute', '60000']
    const set = spawnSync(process.execPath, [PROGRAM, 'admin', ...limits, '--data', server.data], { encoding: 'utf8' })
    expect({ status: set.status, said: set.stderr }).toEqual({ status: 0, said: '' })
    await putAction(server, 'good', 'function main() { return { statusCode: 200, body: "fine" } }')
    await putAction(server, 'bad', 'function main() { throw new Error("no") }')
    await call(server, 'PUT', 'triggers/often', { body: {} })
    const port = await freePort()
    address = `http://127.0.0.1:${port}`
    const own = readFileSync(join(here, 'prometheus.yml'), 'utf8')
      .replace('127.0.0.1:3233', new URL(server.url).host)
      .replace('scrape_interval: 10s', 'scrape_interval: 1s\n  evaluation_interval: 1s')
      .replace('- alerts.yml', '- alerts.yml\n  - openwhisk-rules.yml')
    writeFileSync(folder.join('openwhisk-rules.yml'), readFileSync(join(here, 'openwhisk-rules.yml')))
    writeFileSync(folder.join('alerts.yml'), readFileSync(join(here, 'alerts.yml')))
    const file = folder.write('prometheus.yml', own)
    const args = [
      `--config.file=${file}`,
      `--storage.tsdb.path=${folder.join('tsdb')}`,
      `--web.listen-address=127.0.0.1:${port}`,
    ]
    prometheus = spawn('prometheus', [...args, '--log.level=error'], { stdio: 'ignore' })
    await eventually('Prometheus', () =>
      fetch(`${address}/-/ready`).then(
        ({ ok }) => ok,
        () => false,
      ),
    )
  }, 90_000)

  afterAll(async () => {
    if (prometheus) {
      const exited = once(prometheus, 'exit')
      prometheus.kill()
      await exited
    }
    await server?.stop()
    await folder?.remove()
  })

  it('rules and configuration are what promtool takes', () => {
    for (const [kind, file] of [
      ['rules', 'alerts.yml'],
      ['rules', 'openwhisk-rules.yml'],
      ['config', 'prometheus.yml'],
    ] as const) {
      const { status, stdout, stderr } = spawnSync('promtool', ['check', kind, join(here, file)], { encoding: 'utf8' })
      expect({ file, status, said: status === 0 ? '' : stdout + stderr }).toEqual({ file, status: 0, said: '' })
    }
    expect(alerts.length).toBe(readFileSync(join(here, 'alerts.yml'), 'utf8').split('- alert:').length - 1)
  })

  it('OpenWhisk’s dashboards are asked in full: 35 panels and the variables', () => {
    const count = openwhisk.filter(([name]) => !name.includes('variable ')).length
    expect({ panels: count, variables: openwhisk.length - count }).toEqual({ panels: 35, variables: 5 })
  })

  it('every expression of the dashboards, OpenWhisk’s too, has an answer while the server works', async () => {
    const missing = new Map(expressions.map(([panel, expr]) => [expr, panel] as const))
    await eventually(
      () => `answers to ${[...missing].map(([expr, panel]) => `${panel}: ${expr}`).join('\n')}`,
      async () => {
        // Beyond a limit, too: that is on a dashboard as well.
        await call(server, 'POST', 'triggers/often', { body: {} })
        for (const name of ['good', 'bad', 'good'])
          await call(server, 'POST', `actions/${name}?blocking=true`, { body: {} })
        for (const [, expr] of expressions) {
          const result = await query(expr)
          if (result.some(({ value: [, value] }) => value !== 'NaN')) missing.delete(expr)
        }
        return missing.size === 0
      },
      50_000,
    )
  })

  it('the figures are right', async () => {
    const [{ value: [, counted] } = { value: [0, '0'] as const }] = await query(
      'sum(openwhisk_action_activations_total{action="good"})',
    )
    const { json } = await call(server, 'GET', 'activations?count=true&name=good')
    const stored = Number((json as unknown as { activations: number }).activations)
    // One scrape may be behind.
    expect(Number(counted)).toBeGreaterThan(0)
    expect(Number(counted)).toBeLessThanOrEqual(stored)
    const bad = await query('sum(openwhisk_action_status{action="bad",status="action_developer_error"})')
    expect(Number(bad[0]?.value[1])).toBeGreaterThan(0)
  })

  it('what OpenWhisk’s metrics say of one action agrees', async () => {
    const figures = (): Promise<number[]> =>
      Promise.all(
        [
          'sum(openwhisk_action_activations_total{action="good"})',
          'sum(openwhisk_action_status{action="good"})',
          'sum(openwhisk_action_waitTime_seconds_count{action="good"})',
          'sum(counter_invoker_containerStart_counter_total{action="good"})',
        ].map(async (expr) => Number((await query(expr))[0]?.value[1])),
      )
    // A scrape may fall between a start and its end; nothing runs any more.
    await eventually(
      () => 'one number of activations, four times',
      async () => new Set(await figures()).size === 1,
    )
    expect((await figures())[0]).toBeGreaterThan(0)
    const systemErrors = await query('openwhisk_action_status{status="internal_error"}')
    expect(systemErrors).toMatchObject([{ metric: { status: 'internal_error' }, value: [expect.any(Number), '0'] }])
  })

  it.each(alerts)('the alert %s can be asked', async (_name, expr) => {
    await expect(query(expr)).resolves.toBeInstanceOf(Array)
  })

  it('a server that is there and well raises no alert of the platform', async () => {
    expect(await query('ALERTS{alertstate="firing",severity="critical"}')).toEqual([])
  })
})
