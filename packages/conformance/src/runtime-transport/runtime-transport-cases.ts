import assert from 'node:assert/strict'
import { request } from 'node:http'
import { FrameType, NOT_BEGUN, OPENING } from '@stemcell/core/runtime-client'
import { eventually, type CaseContext, type ConformanceCase } from '../kit/conformance-case.ts'
import { frame, FramePeer } from './frame-peer.ts'

/** What the cases work on: a runtime that was started for them, and that no other call has reached. */
export interface RuntimeTransportSubject {
  /** The unix socket on which it answers. */
  readonly socketPath: string
  /**
   * The `value` of an init whose action returns its arguments and, where they have a number `holdMs`, takes so long.
   * Its runs do not overlap.
   */
  readonly action: object
  close?(): Promise<void>
}

type Case = ConformanceCase<RuntimeTransportSubject>

const HELD = '{"value":{"holdMs":300,"held":true}}'

const run = (call: number, value: object = { call }): Buffer => frame(FrameType.run, call, JSON.stringify({ value }))

async function opened(subject: RuntimeTransportSubject, context: CaseContext): Promise<FramePeer> {
  return FramePeer.open(subject.socketPath, context)
}

/** The action is loaded; the numbers of further calls begin at 2. */
async function initialised(subject: RuntimeTransportSubject, context: CaseContext): Promise<FramePeer> {
  const peer = await opened(subject, context)
  peer.send(frame(FrameType.init, 1, JSON.stringify({ value: subject.action })))
  const [init] = await peer.resultsOf(1)
  assert.equal(init!.status, 200, init!.body)
  return peer
}

function range(from: number, count: number): number[] {
  return Array.from({ length: count }, (_, at) => from + at)
}

/** Every promise of docs/runtime-protocol.md that a runtime makes. */
export const runtimeTransportCases: readonly Case[] = [
  {
    id: 'runtime-transport.accepts-the-opening-in-pieces',
    run: async (subject, context) => {
      const peer = await FramePeer.connect(subject.socketPath, context)
      for (const byte of Buffer.from(OPENING)) {
        peer.send(Buffer.of(byte))
        await new Promise(setImmediate)
      }
      await peer.accepted()
      assert.match(peer.greeting, /\r\nupgrade: *stemcell-frames\/1\r\n/i)
    },
  },
  {
    id: 'runtime-transport.takes-calls-right-behind-the-opening',
    run: async (subject, context) => {
      const peer = await FramePeer.connect(subject.socketPath, context)
      peer.send(Buffer.from(OPENING), frame(FrameType.init, 1, JSON.stringify({ value: subject.action })), run(2))
      const [init, first] = await peer.resultsOf(1, 2)
      assert.equal(init!.status, 200, init!.body)
      assert.deepEqual(JSON.parse(first!.body), { call: 2 })
    },
  },
  {
    id: 'runtime-transport.speaks-http-to-everybody-else',
    run: async (subject, context) => {
      await initialised(subject, context)
      const { status, body } = await post(subject.socketPath, '/run', { value: { via: 'http' } })
      assert.equal(status, 200, body)
      assert.deepEqual(JSON.parse(body), { via: 'http' })
    },
  },
  {
    id: 'runtime-transport.refuses-a-run-before-init',
    run: async (subject, context) => {
      const peer = await opened(subject, context)
      peer.send(frame(FrameType.run, 7, '{}'))
      const [refusal] = await peer.resultsOf(7)
      assert.ok(refusal!.status >= 400, `status ${refusal!.status}`)
      assert.ok('error' in (JSON.parse(refusal!.body) as object), refusal!.body)
    },
  },
  {
    id: 'runtime-transport.answers-each-call-once',
    run: async (subject, context) => {
      const peer = await initialised(subject, context)
      const calls = range(2, 100)
      peer.send(...calls.map((call) => run(call)))
      const results = await peer.resultsOf(...calls)
      for (const { call, body } of results) assert.deepEqual(JSON.parse(body), { call })
      peer.send(run(200))
      await peer.resultsOf(200)
      assert.equal(peer.results.length, 102)
    },
  },
  {
    id: 'runtime-transport.frames-may-be-cut-anywhere',
    run: async (subject, context) => {
      const peer = await initialised(subject, context)
      const bytes = Buffer.concat(range(2, 20).map((call) => run(call)))
      for (let at = 0, size = 1; at < bytes.length; at += size, size = (size % 17) + 1) {
        peer.send(bytes.subarray(at, at + size))
        await new Promise(setImmediate)
      }
      const results = await peer.resultsOf(...range(2, 20))
      for (const { call, body } of results) assert.deepEqual(JSON.parse(body), { call })
    },
  },
  {
    id: 'runtime-transport.calls-wait-for-their-turn',
    run: async (subject, context) => {
      const peer = await initialised(subject, context)
      peer.send(frame(FrameType.run, 2, HELD), ...range(3, 5).map((call) => run(call)))
      const results = await peer.resultsOf(...range(2, 6))
      assert.deepEqual(new Set(results.map(({ status }) => status)), new Set([200]))
      assert.deepEqual(
        peer.results.map(({ call }) => call),
        range(1, 7),
      )
    },
  },
  {
    id: 'runtime-transport.a-result-leaves-before-the-next-call-begins',
    run: async (subject, context) => {
      const peer = await initialised(subject, context)
      peer.send(frame(FrameType.run, 2, HELD), run(3), frame(FrameType.run, 4, HELD))
      await peer.resultsOf(3)
      assert.ok(!peer.results.some(({ call }) => call === 4), 'the result waited for the next call')
      await peer.resultsOf(4)
    },
  },
  {
    id: 'runtime-transport.a-cancelled-call-that-waits-never-begins',
    run: async (subject, context) => {
      const peer = await initialised(subject, context)
      peer.send(frame(FrameType.run, 2, HELD), run(3), run(4), frame(FrameType.cancel, 3))
      const [held, cancelled, next] = await peer.resultsOf(2, 3, 4)
      assert.deepEqual([held!.status, cancelled!.status, next!.status], [200, NOT_BEGUN, 200])
    },
  },
  {
    id: 'runtime-transport.a-cancelled-call-that-has-begun-is-answered-all-the-same',
    run: async (subject, context) => {
      const peer = await initialised(subject, context)
      peer.send(frame(FrameType.run, 2, HELD), frame(FrameType.cancel, 2), run(3))
      const [held, next] = await peer.resultsOf(2, 3)
      assert.deepEqual([held!.status, next!.status], [200, 200])
      assert.deepEqual((JSON.parse(held!.body) as { held?: boolean }).held, true)
    },
  },
  {
    id: 'runtime-transport.cancelling-what-is-not-there-changes-nothing',
    run: async (subject, context) => {
      const peer = await initialised(subject, context)
      peer.send(frame(FrameType.cancel, 1), frame(FrameType.cancel, 99), run(2))
      await peer.resultsOf(2)
      assert.equal(peer.results.length, 2)
    },
  },
  {
    id: 'runtime-transport.carries-bodies-of-a-megabyte',
    run: async (subject, context) => {
      const peer = await initialised(subject, context)
      const text = 'ü€'.repeat(200_000)
      peer.send(run(2, { text }), run(3))
      const [long, short] = await peer.resultsOf(2, 3)
      assert.ok((JSON.parse(long!.body) as { text: string }).text === text, 'the text came back changed')
      assert.deepEqual(JSON.parse(short!.body), { call: 3 })
    },
  },
  {
    id: 'runtime-transport.says-what-was-wrong-and-hangs-up',
    run: async (subject, context) => {
      const peer = await initialised(subject, context)
      peer.send(run(2), frame(100, 3), run(4))
      await peer.hungUp()
      assert.ok((peer.fault ?? '').length > 0, 'it hung up without a word')
      assert.deepEqual(
        peer.results.map(({ call }) => call).filter((call) => call === 4),
        [],
      )
      const another = await opened(subject, context)
      another.send(run(5))
      assert.equal((await another.resultsOf(5))[0]!.status, 200)
    },
  },
  {
    id: 'runtime-transport.passes-over-frames-of-optional-types',
    run: async (subject, context) => {
      const peer = await initialised(subject, context)
      peer.send(frame(200, 0, 'for later versions'), run(2))
      await peer.resultsOf(2)
      assert.equal(peer.fault, undefined)
    },
  },
  {
    id: 'runtime-transport.calls-of-a-caller-that-left-do-not-begin',
    run: async (subject, context) => {
      const leaver = await initialised(subject, context)
      const ages = frame(FrameType.run, 3, '{"value":{"holdMs":600000}}')
      leaver.send(frame(FrameType.run, 2, '{"value":{"holdMs":2000}}'), ages)
      const stayer = await opened(subject, context)
      await eventually('the first run has begun', context, async () => {
        stayer.send(run(2), frame(FrameType.cancel, 2))
        const [probe] = await stayer.resultsOf(2)
        stayer.results.length = 0
        return probe!.status === NOT_BEGUN
      })
      leaver.leave()
      stayer.send(run(3))
      await stayer.resultsOf(3)
    },
  },
]

function post(
  socketPath: string,
  path: string,
  body: object,
): Promise<{ readonly status: number; readonly body: string }> {
  return new Promise((resolve, reject) => {
    const call = request({ socketPath, path, method: 'POST', headers: { connection: 'close' } }, (response) => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (part: string) => (text += part))
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body: text }))
    })
    call.on('error', reject)
    call.end(JSON.stringify(body))
  })
}
