import {
  assemble,
  mergeObservers,
  memoryContainers,
  type EmbeddedClient,
  type JsonObject,
  type Platform,
  type PlatformOptions,
} from '@stemcell/core'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { eventually } from '../../../test/eventually.ts'
import { openTelemetry, type Telemetry, type TelemetryOptions } from '../src/index.ts'
import { Receiver, type ReceivedSpan } from './receiver.ts'

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736'
const PARENT = '00f067aa0ba902b7'

let receiver: Receiver
let telemetry: Telemetry
let platform: Platform
let guest: EmbeddedClient
let url: string

beforeEach(async () => {
  receiver = await Receiver.start()
})

afterEach(async () => {
  await platform.close()
  await telemetry.close()
  await receiver.close()
})

async function start(options: TelemetryOptions = {}, more: Partial<PlatformOptions> = {}): Promise<void> {
  telemetry = openTelemetry({ endpoint: receiver.url, exportIntervalMs: 20, metrics: false, ...options })
  platform = await assemble({
    containers: memoryContainers(),
    ...(telemetry.tracer && { tracer: telemetry.tracer }),
    observers: mergeObservers(telemetry.observers),
    ...more,
  })
  await platform.subjects.createUser('guest')
  guest = await platform.client('guest')
  ;({ url } = await platform.listen({ port: 0 }))
}

function put(name: string, code: string): Promise<JsonObject> {
  return guest.putAction(name, { exec: { kind: 'nodejs:20', code } })
}

async function invoke(name: string, headers: Record<string, string> = {}): Promise<Record<string, unknown>> {
  const { uuid, key } = await platform.subjects.getUser('guest')
  const response = await fetch(`${url}/api/v1/namespaces/_/actions/${name}?blocking=true&result=true`, {
    method: 'POST',
    headers: { authorization: `Basic ${Buffer.from(`${uuid}:${key}`).toString('base64')}`, ...headers },
  })
  return (await response.json()) as Record<string, unknown>
}

/** The spans of one trace, once the last of an activation is there. */
async function traceOf(id: string): Promise<ReadonlyMap<string, ReceivedSpan>> {
  const all = (): ReceivedSpan[] => receiver.spans.filter(({ traceId }) => traceId === id)
  const names = (): string[] => all().map(({ name }) => name)
  await eventually(
    () => `the whole trace, not only ${names().join(', ')}`,
    () => names().includes('store') && names().some((name) => name.startsWith('POST ')),
  )
  return new Map(all().map((span) => [span.name, span]))
}

const length = (span: ReceivedSpan | undefined): number => (span ? span.end - span.begin : 0)

describe('traces', () => {
  it('go from the request to the record, under the trace of the client, and into the action', async () => {
    await start()
    await put(
      'env',
      'function main() { return { json: process.env.__OW_TRACE_CONTEXT, parent: process.env.__OW_TRACEPARENT } }',
    )
    const result = await invoke('env', { traceparent: `00-${TRACE}-${PARENT}-01`, tracestate: 'vendor=1' })
    const spans = await traceOf(TRACE)
    const request = [...spans.values()].find(({ name }) => name.startsWith('POST '))!
    expect(request.parentSpanId).toBe(PARENT)
    expect(request.name).toBe('POST /api/v1/namespaces/{namespace}/actions/{actionName}')
    const activation = spans.get('activation')!
    expect(activation.parentSpanId).toBe(request.spanId)
    expect(activation.attributes).toMatchObject({
      'faas.invoked_name': 'guest/env',
      'stemcell.namespace': 'guest',
      'stemcell.status': '0',
    })
    for (const name of ['admission', 'place', 'answer']) expect(spans.get(name)?.parentSpanId).toBe(request.spanId)
    for (const name of ['queue', 'acquire', 'init', 'run', 'logs', 'store']) {
      expect(spans.get(name)?.parentSpanId).toBe(activation.spanId)
    }
    expect(spans.get('acquire')!.attributes['stemcell.acquired']).toMatch(/cold|stemcell/)
    expect(result['parent']).toBe(`00-${TRACE}-${activation.spanId}-01`)
    expect(JSON.parse(String(result['json']))).toEqual({ traceparent: result['parent'], tracestate: 'vendor=1' })
  })

  it('the stages sum to the time of the request, within 1 %', async () => {
    await start()
    await put('slow', 'function main() { return new Promise((done) => setTimeout(() => done({}), 1000)) }')
    await invoke('slow', { traceparent: `00-${TRACE}-${PARENT}-01` })
    const spans = await traceOf(TRACE)
    const request = [...spans.values()].find(({ name }) => name.startsWith('POST '))!
    const stages = ['admission', 'place', 'queue', 'acquire', 'init', 'run', 'answer']
    const together = stages.reduce((sum, name) => sum + length(spans.get(name)), 0)
    expect(Math.abs(together - length(request)) / length(request)).toBeLessThan(0.01)
    expect(length(spans.get('run'))).toBeGreaterThan(990)
  })

  it('the steps of a sequence are activations of one request', async () => {
    await start()
    await put('one', 'function main() { return { n: 1 } }')
    await guest.putAction('twice', { exec: { kind: 'sequence', components: ['/guest/one', '/guest/one'] } })
    await invoke('twice', { traceparent: `00-${TRACE}-${PARENT}-01` })
    await eventually('both activations', () => receiver.named('activation').length === 2)
    expect(new Set(receiver.named('activation').map(({ parentSpanId }) => parentSpanId)).size).toBe(1)
    expect(receiver.named('admission')).toHaveLength(1)
  })

  it('what fails is marked, and tells its status', async () => {
    await start()
    await put('bad', 'function main() { throw new Error("no") }')
    await invoke('bad', { traceparent: `00-${TRACE}-${PARENT}-01` })
    expect((await traceOf(TRACE)).get('activation')).toMatchObject({ isError: true })
  })

  it('one in so many requests is traced, and those that clients trace are traced by their choice', async () => {
    await start({ sampleRatio: 0 })
    await put('env', 'function main() { return { parent: process.env.__OW_TRACEPARENT ?? null } }')
    expect(await invoke('env')).toEqual({ parent: null })
    // Not recorded, but handed on.
    const unsampled = `00-${TRACE}-${PARENT}-00`
    expect(await invoke('env', { traceparent: unsampled })).toEqual({ parent: unsampled })
    const other = TRACE.replaceAll('4', '5')
    await invoke('env', { traceparent: `00-${other}-${PARENT}-01` })
    await traceOf(other)
    expect(new Set(receiver.spans.map(({ traceId }) => traceId))).toEqual(new Set([other]))
  })

  it('a traceparent that is none is passed over', async () => {
    await start()
    await put('env', 'function main() { return { parent: process.env.__OW_TRACEPARENT } }')
    for (const traceparent of [
      '',
      'x',
      `00-${'0'.repeat(32)}-${PARENT}-01`,
      `ff-${TRACE}-${PARENT}-01`,
      '0'.repeat(9000),
    ]) {
      const { parent } = await invoke('env', { traceparent })
      expect(parent).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/)
      expect(parent).not.toContain(TRACE)
    }
  })

  it('a collector that is down, slow or full costs spans, which are counted, and no invocation', async () => {
    await start({ maxQueuedSpans: 20, exportTimeoutMs: 200 })
    await put('one', 'function main() { return { n: 1 } }')
    receiver.respond = (response) => response.writeHead(503).end()
    for (let count = 0; count < 10; count++) expect(await invoke('one')).toEqual({ n: 1 })
    // It takes the request and never answers.
    receiver.respond = () => undefined
    for (let count = 0; count < 20; count++) expect(await invoke('one')).toEqual({ n: 1 })
    await eventually('losses', () => telemetry.spans.lost > 20)
    await receiver.close()
    expect(await invoke('one')).toEqual({ n: 1 })
  })
})

describe('metrics', () => {
  it('are sent by the same SDK, under the name of the service, with the headers that were given', async () => {
    await start({ metrics: true, exportTimeoutMs: 50, serviceName: 'shop', headers: { 'x-tenant': 'one' } })
    await put('one', 'function main() { return { n: 1 } }')
    await invoke('one')
    await eventually('metrics', () => receiver.metrics.has('stemcell.activation.duration'))
    await eventually('gauges', () => receiver.metrics.has('stemcell.pool.memory.usage'))
    await eventually('spans', () => receiver.spans.length > 0)
    expect(receiver.spans[0]!.service).toBe('shop')
    expect(receiver.headers.every((headers) => headers['x-tenant'] === 'one')).toBe(true)
  })
})

describe('options', () => {
  it('a wrong one is refused with its name', async () => {
    await start()
    expect(() => openTelemetry({ sampleRatio: 2 })).toThrow(/telemetry: sampleRatio/)
    expect(() => openTelemetry({ endpoint: 'ftp://x' })).toThrow(/telemetry: endpoint/)
  })
})
