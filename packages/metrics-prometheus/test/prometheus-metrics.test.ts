import { assemble, memoryContainers, type EmbeddedClient, type JsonObject, type Platform } from '@stemcell/core'
import { prometheusMetrics, type PrometheusMetrics } from '@stemcell/metrics-prometheus'
import { Registry } from 'prom-client'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

const WITHOUT_STEM_CELLS = {
  runtimes: {
    nodejs: [{ kind: 'nodejs:20', image: { name: 'node' }, attached: { attachmentName: 'a', attachmentType: 't' } }],
  },
  blackboxes: [],
}

/** Values by series as Prometheus writes them, `name{label="value"}`. */
async function scrape(url: string): Promise<Map<string, number>> {
  const response = await fetch(`${url}/metrics`)
  expect([response.status, response.headers.get('content-type')]).toEqual([
    200,
    'text/plain; version=0.0.4; charset=utf-8',
  ])
  const lines = (await response.text()).split('\n').filter((line) => line !== '' && !line.startsWith('#'))
  return new Map(
    lines.map((line) => {
      const space = line.lastIndexOf(' ')
      return [line.slice(0, space), Number(line.slice(space + 1))]
    }),
  )
}

describe('a platform with metrics', () => {
  let metrics: PrometheusMetrics
  let platform: Platform
  let guest: EmbeddedClient
  let url: string

  beforeEach(async () => {
    metrics = prometheusMetrics()
    const { observers, route } = metrics
    platform = await assemble({
      containers: memoryContainers(),
      observers,
      routes: [route],
      manifest: WITHOUT_STEM_CELLS,
    })
    await platform.subjects.createUser('guest')
    guest = await platform.client('guest')
    ;({ url } = await platform.listen({ port: 0 }))
  })

  afterEach(() => platform.close())

  async function put(name: string, code: string, more: JsonObject = {}): Promise<void> {
    await guest.putAction(name, { exec: { kind: 'nodejs:20', code: `function main(args) { ${code} }` }, ...more })
  }

  it('counts activations under OpenWhisk’s names, with everything that happened before the first reader', async () => {
    await guest.request('PUT', 'packages/p', {})
    await put('p/a', 'return { ok: true }')
    await put('bad', 'return { error: { statusCode: 404 } }')
    for (let runs = 0; runs < 3; runs++) await guest.invoke('p/a')
    await guest.invoke('bad')

    const series = await scrape(url)
    const a = 'namespace="guest",initiator="guest",action="p/a"'
    const bad = 'namespace="guest",initiator="guest",action="bad"'
    const name = (metric: string, labels: string): number | undefined =>
      series.get(`openwhisk_action_${metric}{${labels}}`)
    expect(name('activations_total', `${a},kind="nodejs:20",memory="256"`)).toBe(3)
    expect(name('waitTime_seconds_count', a)).toBe(3)
    expect(name('duration_seconds_count', a)).toBe(3)
    expect(name('memory', a)).toBe(256)
    for (const [status, count] of Object.entries({
      success: 3,
      application_error: 0,
      action_developer_error: 0,
      whisk_internal_error: 0,
    })) {
      expect(name('status', `${a},status="${status}"`)).toBe(count)
    }
    expect(name('status', `${bad},status="application_error"`)).toBe(1)
    expect(name('status_code', `${bad},status_code="404"`)).toBe(1)
    expect(name('response_size_bytes_count', a)).toBe(3)
    const coldStarts = name('coldStarts_total', a) ?? 0
    expect(name('initTime_seconds_count', a) ?? 0).toBe(coldStarts)
    expect(coldStarts).toBeLessThanOrEqual(1)
  })

  it('counts what the limits refuse', async () => {
    await put('a', 'return {}')
    await platform.subjects.setLimits('guest', { invocationsPerMinute: 1 })
    expect((await guest.request('POST', 'actions/a', {})).status).toBe(202)
    expect((await guest.request('POST', 'actions/a', {})).status).toBe(429)
    await platform.subjects.setLimits('guest', { invocationsPerMinute: 100, concurrentInvocations: 0 })
    expect((await guest.request('POST', 'actions/a', {})).status).toBe(429)
    const series = await scrape(url)
    expect(series.get('openwhisk_action_limit_timed_total{namespace="guest"}')).toBe(1)
    expect(series.get('openwhisk_action_limit_concurrent_total{namespace="guest"}')).toBe(1)
  })

  it('tells the callers of an action apart', async () => {
    await guest.request('PUT', 'packages/p', { publish: true })
    await put('p/a', 'return {}')
    await platform.subjects.createUser('other')
    const other = await platform.client('other')
    await guest.invoke('p/a')
    for (let runs = 0; runs < 2; runs++) {
      expect(await other.request('POST', '/api/v1/namespaces/guest/actions/p/a?blocking=true')).toMatchObject({
        status: 200,
      })
    }
    const series = await scrape(url)
    const of = (initiator: string): number | undefined =>
      series.get(`openwhisk_action_duration_seconds_count{namespace="guest",initiator="${initiator}",action="p/a"}`)
    expect([of('guest'), of('other')]).toEqual([1, 2])
  })

  it('shows requests by route, placement, waits, acknowledgements, stages and containers', async () => {
    await put('a', 'return {}')
    await scrape(url)
    await guest.invoke('a')
    expect((await guest.request('GET', 'actions/none')).status).toBe(404)
    expect((await guest.request('GET', '/nowhere')).status).toBe(405)
    const series = await scrape(url)
    const requests = (method: string, route: string, status: number): number | undefined =>
      series.get(`stemcell_http_request_duration_seconds_count{method="${method}",route="${route}",status="${status}"}`)
    const action = '/api/v1/namespaces/{namespace}/actions/{actionName}'
    expect(requests('PUT', action, 200)).toBe(1)
    expect(requests('POST', action, 200)).toBe(1)
    expect(requests('GET', action, 404)).toBe(1)
    expect(requests('GET', 'other', 405)).toBe(1)
    expect(requests('GET', '/metrics', 200)).toBe(1)
    expect(series.get('stemcell_placements_total{outcome="placed"}')).toBe(1)
    expect(series.get('stemcell_blocking_wait_seconds_count{outcome="result"}')).toBe(1)
    for (const stage of ['limits', 'place', 'queue', 'acquire', 'init', 'run']) {
      expect(series.get(`stemcell_stage_seconds_count{stage="${stage}"}`)).toBe(1)
    }
    expect(series.get('stemcell_stage_seconds_count{stage="auth"}')).toBe(3)
    expect(series.get('stemcell_container_acquisitions_total{how="cold",reason="no-container"}')).toBe(1)
    expect(series.get('stemcell_container_start_seconds_count{stem_cell="false",ok="true"}')).toBe(1)
    await guest.invoke('a')
    const hot = 'stemcell_container_acquisitions_total{how="hot",reason="none"}'
    expect((await scrape(url)).get(hot)).toBe(1)
    for (const stage of ['logs', 'store']) {
      await expect.poll(async () => (await scrape(url)).get(`stemcell_stage_seconds_count{stage="${stage}"}`)).toBe(2)
    }
    await expect
      .poll(async () =>
        [...(await scrape(url)).entries()].filter(([key]) => key.startsWith('stemcell_acknowledgements_total')),
      )
      .not.toEqual([])
  })

  it('shows the pool and the invokers as they are, once per second', async () => {
    await put('a', 'return {}')
    await guest.invoke('a')
    await expect
      .poll(async () => (await scrape(url)).get('stemcell_pool_containers{state="idle"}'), { timeout: 5000 })
      .toBe(1)
    const series = await scrape(url)
    expect(series.get('stemcell_pool_memory_bytes{state="capacity"}')).toBe(2048 * 1024 ** 2)
    expect(series.get('stemcell_pool_memory_bytes{state="used"}')).toBe(256 * 1024 ** 2)
    expect(series.get('stemcell_pool_waiting')).toBe(0)
    expect(series.get('stemcell_activations_in_flight')).toBe(0)
    expect(series.get('stemcell_activations_waiting')).toBe(0)
    expect(series.get('stemcell_invokers{state="healthy"}')).toBe(1)
    expect(series.get('process_resident_memory_bytes')).toBeGreaterThan(1)
  })

  it('answers whoever asks, without a body of its own for other methods', async () => {
    expect((await fetch(`${url}/metrics`, { method: 'POST' })).status).toBe(405)
  })
})

describe('metrics of a program that has some already', () => {
  it('are in its registry beside them, without those of the process, under the path it wants', async () => {
    const registry = new Registry()
    registry.setDefaultLabels({ app: 'mine' })
    const metrics = prometheusMetrics({ registry, path: '/internal/metrics' })
    await using platform = await assemble({
      containers: memoryContainers(),
      observers: metrics.observers,
      routes: [metrics.route],
      manifest: WITHOUT_STEM_CELLS,
    })
    expect((await platform.fetch(new Request('http://any/metrics'))).status).toBe(405)
    const answer = await platform.fetch(new Request('http://any/internal/metrics'))
    const text = await answer.text()
    expect(text).toContain('stemcell_placements_total')
    expect(text).toContain('app="mine"')
    expect(text).not.toContain('process_cpu')
    expect(text).not.toContain('stemcell_uncaught_errors_total')
    const second = await registry.metrics()
    expect(second).toContain('route="/internal/metrics"')
  })

  it('say so when another platform has their names', async () => {
    const registry = new Registry()
    await prometheusMetrics({ registry }).load()
    await expect(prometheusMetrics({ registry }).load()).rejects.toThrow('already been registered')
  })
})

describe('events before the first reader', () => {
  it('are counted even when there are more than are kept, and the library is loaded for them', async () => {
    const registry = new Registry()
    const { observers } = prometheusMetrics({ registry })
    const refused = { namespace: 'guest', action: 'guest/a', kind: 'nodejs:20', reason: 'full' }
    for (let count = 0; count < 12_000; count++) observers.controller!.refused!(refused)
    await expect
      .poll(() => registry.metrics(), { timeout: 10_000 })
      .toContain('stemcell_placements_total{outcome="refused"} 12000')
  })
})
