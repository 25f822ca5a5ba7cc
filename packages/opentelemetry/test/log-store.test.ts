import { adapterContext, assemble, memoryContainers, type Activation, type Identity, ALL_RIGHTS } from '@stemcell/core'
import { runLogStoreConformance } from '@stemcell/conformance/vitest'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { eventually } from '../../../test/eventually.ts'
import adapterModule from '../src/adapter.ts'
import { otlpLogStore, type OtlpLogStore, type OtlpLogStoreOptions } from '../src/index.ts'
import { Receiver } from './receiver.ts'

let receiver: Receiver
let store: OtlpLogStore | undefined

beforeEach(async () => {
  receiver = await Receiver.start()
})

afterEach(async () => {
  await store?.close()
  store = undefined
  await receiver.close()
})

// Nobody takes the lines; the store goes on all the same.
runLogStoreConformance('records and an OTLP collector that is away', {
  create: () => otlpLogStore({ endpoint: 'http://127.0.0.1:9', exportTimeoutMs: 50 }).build(adapterContext()),
  capabilities: { collects: true },
})

const uuid = '23bc46b1-71f6-4ed5-8c54-816aa4f8c502'
const GUEST: Identity = {
  subject: 'guest',
  namespace: { name: 'guest', uuid },
  authkey: { uuid, key: 'k'.repeat(64) },
  rights: ALL_RIGHTS,
  limits: {},
}
const ACTIVATION: Activation = {
  namespace: 'guest',
  name: 'a',
  version: '0.0.1',
  subject: 'guest',
  activationId: '0'.repeat(32),
  start: 1,
  publish: false,
  response: { statusCode: 0 },
  logs: [],
  annotations: [],
}

async function openStore(options: OtlpLogStoreOptions = {}): Promise<OtlpLogStore> {
  const given = { endpoint: receiver.url, exportIntervalMs: 20, ...options }
  store = otlpLogStore(given).build(adapterContext())
  await store.open()
  return store
}

const lines = (count: number, length = 10): string[] =>
  Array.from(
    { length: count },
    (_, index) => `2024-05-01T10:11:12.123456789Z stdout: ${String(index).padEnd(length, 'x')}`,
  )

describe('logs for a collector', () => {
  it('are those of the records, with their times to the nanosecond, their streams and whose they are', async () => {
    await using platform = await assemble({
      containers: memoryContainers(),
      logStore: otlpLogStore({ endpoint: receiver.url, exportIntervalMs: 20, serviceName: 'shop' }),
    })
    await platform.subjects.createUser('guest')
    const guest = await platform.client('guest')
    const code = 'function main() { console.log("out é"); console.error("err"); return {} }'
    await guest.putAction('talks', { exec: { kind: 'nodejs:20', code } })
    const { activationId } = await guest.invoke('talks')
    await eventually('the lines', () => receiver.lines.length === 2)
    const { body } = await guest.request('GET', `activations/${activationId}/logs`)
    const { logs } = body as { logs: string[] }
    const rebuilt = receiver.lines.map(({ time, text, attributes }) => {
      const seconds = new Date(Number(BigInt(time) / 1_000_000_000n) * 1000).toISOString().slice(0, 19)
      const fraction = time.slice(-9)
      return [seconds, fraction, attributes['log.iostream'], text] as const
    })
    expect(logs).toHaveLength(2)
    for (const [index, log] of logs.entries()) {
      const [seconds, fraction, stream, text] = rebuilt[index]!
      const written = /^([^.]+)\.(\d+)Z +(\w+): (.*)$/.exec(log)!
      expect([seconds, fraction, stream, text]).toEqual([
        written[1],
        written[2]!.padEnd(9, '0'),
        written[3],
        written[4],
      ])
    }
    expect(receiver.lines.map(({ service, severity }) => [service, severity])).toEqual([
      ['shop', 'INFO'],
      ['shop', 'ERROR'],
    ])
    expect(receiver.lines[0]!.attributes).toEqual({
      'faas.invocation_id': activationId,
      'stemcell.namespace': 'guest',
      'faas.invoked_name': 'guest/talks',
      'log.iostream': 'stdout',
    })
  })

  it('that are many, or long, go in several requests, in their order', async () => {
    const opened = await openStore()
    const all = [...lines(2000), ...lines(5, 600_000)]
    expect(opened.keep(ACTIVATION, GUEST, all)).toBe(all)
    await eventually('all lines', () => receiver.lines.length === all.length)
    expect(receiver.lines.map(({ text }) => text)).toEqual(all.map((line) => line.slice(39)))
    expect(receiver.headers.length).toBeGreaterThan(5)
    expect(opened.lines).toEqual({ sent: all.length, lost: 0 })
  })

  it('cost no more than a bound where the collector never answers, and no caller waits', async () => {
    receiver.respond = () => undefined
    const opened = await openStore({ maxQueuedBytes: 100_000, exportTimeoutMs: 200 })
    for (let count = 0; count < 100; count++) opened.keep(ACTIVATION, GUEST, lines(10, 1000))
    expect(opened.lines.lost).toBeGreaterThan(850)
    // What waited is given up in its time, too; then there is room again.
    await eventually('losses', () => opened.lines.lost === 1000)
    receiver.respond = undefined
    opened.keep(ACTIVATION, GUEST, lines(3))
    await eventually('new lines', () => receiver.lines.length === 3)
    expect(opened.lines).toEqual({ sent: 3, lost: 1000 })
  })

  it('that wait are sent when the store is closed; one that is away does not keep it open', async () => {
    const opened = await openStore({ exportIntervalMs: 60_000, exportTimeoutMs: 500 })
    opened.keep(ACTIVATION, GUEST, lines(1500))
    await opened.close()
    expect(receiver.lines).toHaveLength(1500)
    await opened.open()
    opened.keep(ACTIVATION, GUEST, lines(1500))
    await receiver.close()
    await opened.close()
    expect(opened.lines).toEqual({ sent: 0, lost: 1500 })
  })

  it('without time and stream are sent as they are', async () => {
    const opened = await openStore()
    opened.keep(ACTIVATION, GUEST, ['There was an issue while collecting your logs.'])
    await eventually('the line', () => receiver.lines.length === 1)
    expect(receiver.lines[0]).toMatchObject({
      text: 'There was an issue while collecting your logs.',
      severity: 'INFO',
    })
    expect(receiver.lines[0]!.attributes).not.toHaveProperty(['log.iostream'])
    expect(Number(receiver.lines[0]!.time)).toBeGreaterThan(1.7e18)
  })

  it('can be chosen by configuration; a wrong option is refused with its name', () => {
    const { logStore } = adapterModule.provides
    expect(logStore?.create({ endpoint: 'http://x' })).toMatchObject({ name: '@stemcell/opentelemetry' })
    expect(() => otlpLogStore({ endpoint: 'ftp://x' })).toThrow(/@stemcell\/opentelemetry: endpoint/)
    expect(() => otlpLogStore({ maxQueued: 1 } as OtlpLogStoreOptions)).toThrow(/maxQueued/)
  })
})
