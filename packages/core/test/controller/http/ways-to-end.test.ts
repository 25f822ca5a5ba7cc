import { connect, type Socket } from 'node:net'
import fc from 'fast-check'
import { afterEach, describe, expect, it } from 'vitest'
import { eventually } from '@stemcell/conformance'
import type { Adapter } from '../../../src/adapter.ts'
import { LocalRateLimiter } from '../../../src/rate-limiter/local-rate-limiter.ts'
import type {
  EntryDecision,
  EntryRequest,
  FireRequest,
  RateDecision,
  RateLimiterContext,
} from '../../../src/rate-limiter/rate-limiter.ts'
import { VirtualClock } from '../../../src/time/virtual-clock.ts'
import { WebPlatform } from '../web/web-platform.ts'
import { ACTIONS, ApiClient } from '../api-client.ts'
import { ScriptedActivator } from '../scripted-activator.ts'
import { basicAuth, OTHER, OWNER, TestController } from '../test-controller.ts'

const patience = { uniqueName: 'unused', patienceMs: 10_000 }

/** Knows how many places are taken, and how often it was asked. */
class CountingLimiter extends LocalRateLimiter {
  taken = 0
  asked = 0
  override enter(request: EntryRequest): EntryDecision {
    const decision = super.enter(request)
    this.asked++
    if (decision.allowed) this.taken++
    return decision
  }
  override countFire(request: FireRequest): RateDecision {
    this.asked++
    return super.countFire(request)
  }
  override leave(namespaceId: string): void {
    this.taken--
    super.leave(namespaceId)
  }
}

const NS = '/api/v1/namespaces/_'
const TARGETS = {
  invoke: `POST ${NS}/actions/echo`,
  'blocking invoke': `POST ${NS}/actions/echo?blocking=true`,
  'invoke of what fails': `POST ${NS}/actions/throws?blocking=true`,
  'invoke of a sequence': `POST ${NS}/actions/sequence?blocking=true`,
  'invoke of a composition': `POST ${NS}/actions/conductor?blocking=true`,
  'invoke of what is missing': `POST ${NS}/actions/missing`,
  'invoke of what is not allowed': 'POST /api/v1/namespaces/other/actions/a',
  fire: `POST ${NS}/triggers/trigger`,
  'fire of what is missing': `POST ${NS}/triggers/missing`,
  web: 'POST /api/v1/web/owner/default/echo.json',
  'web HEAD': 'HEAD /api/v1/web/owner/default/echo.json',
  'web OPTIONS': 'OPTIONS /api/v1/web/owner/default/echo.json',
  'web OPTIONS of its own': 'OPTIONS /api/v1/web/owner/default/options.json',
  'web for the known': 'POST /api/v1/web/owner/default/secret.json',
  'web, raw': 'PUT /api/v1/web/owner/default/raw.http/a/b',
  'web of what fails': 'POST /api/v1/web/owner/default/throws.json',
  'web of what is missing': 'GET /api/v1/web/owner/default/missing.json',
} as const

/** Whose answer is known without the body: they are answered, and counted, at once. */
const UNREAD = new Set<string>(['web OPTIONS', 'web for the known'])

const ENDINGS = [
  'complete',
  'complete, then reset',
  'complete, then closed',
  'complete, in single bytes',
  'no JSON',
  'too long',
  'half, then reset',
  'half, then closed',
  'head, then reset',
  'half a head, then reset',
  'broken framing',
] as const

interface Attempt {
  readonly target: keyof typeof TARGETS
  readonly chunked: boolean
  readonly ending: (typeof ENDINGS)[number]
  /** So often in a row on one connection, without waiting for answers. */
  readonly times: number
}

const BODY = '{"a":"some text for the action"}'
/** Longer than `maxPayloadBytes` of the platform under test. */
const LONG = JSON.stringify({ a: 'x'.repeat(20_000) })

/** Of a body that is announced as too long no more is waited for. */
const isComplete = ({ ending }: Attempt): boolean =>
  ending.startsWith('complete') || ending === 'no JSON' || ending === 'too long'

function message({ target, chunked, ending }: Attempt, authorization: string): string {
  const body = ending === 'no JSON' ? '{nothing' : ending === 'too long' ? LONG : BODY
  const framing = chunked ? 'transfer-encoding: chunked' : `content-length: ${body.length}`
  const head = `${TARGETS[target]} HTTP/1.1\r\nhost: x\r\nauthorization: ${authorization}\r\ncontent-type: application/json\r\n${framing}\r\n\r\n`
  const framed = chunked ? `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n` : body
  const half = chunked ? `${body.length.toString(16)}\r\n${body.slice(0, 10)}` : body.slice(0, 10)
  if (ending === 'half a head, then reset') return head.slice(0, 30)
  if (ending === 'head, then reset') return head
  if (ending.startsWith('half')) return head + half
  if (ending === 'broken framing') return chunked ? `${head}zz\r\n` : `${head.slice(0, -2)}content-length: 1\r\n\r\n`
  return head + framed
}

/** Resolves when the connection is over, or all answers have come. */
function make(port: number, attempt: Attempt, authorization: string): Promise<void> {
  const { ending, times } = attempt
  const text = message(attempt, authorization).repeat(isComplete(attempt) ? times : 1)
  return new Promise((resolve) => {
    let answers = 0
    const socket: Socket = connect(port, '127.0.0.1')
    socket.setEncoding('latin1')
    socket.on('error', () => undefined)
    socket.on('close', () => resolve())
    socket.on('data', (data: string) => {
      answers += data.split('HTTP/1.1 ').length - 1
      if (answers >= times) socket.end()
    })
    socket.on('connect', () => {
      socket.setNoDelay(true)
      if (ending === 'complete, in single bytes') for (const byte of text) socket.write(byte)
      else socket.write(text)
      if (ending.endsWith('reset')) setImmediate(() => socket.resetAndDestroy())
      else if (ending.endsWith('closed')) socket.end()
    })
  })
}

describe('whatever way requests end', () => {
  let web: WebPlatform
  afterEach(() => web.close())

  it('they leave no place taken, and ask for none before they have arrived', { timeout: 120_000 }, async () => {
    let limiter: CountingLimiter | undefined
    const rateLimiter: Adapter<LocalRateLimiter, RateLimiterContext> = {
      name: 'counting',
      core: '^0.1.0',
      build: (context) => (limiter = new CountingLimiter(context)),
    }
    web = await WebPlatform.start({ rateLimiter, limits: { maxPayloadBytes: 10_000, firesPerMinute: 100_000 } })
    await web.putAction('echo', {})
    await web.putAction('raw', { annotations: { 'raw-http': true } })
    await web.putAction('options', { annotations: { 'web-custom-options': true } })
    await web.putAction('secret', { annotations: { 'require-whisk-auth': 'wrong' } })
    await web.putAction('throws', { code: 'function main() { throw new Error("no") }' })
    const client = await web.platform.client('owner')
    await client.putAction('sequence', { exec: { kind: 'sequence', components: ['/_/echo', '/_/echo'] } })
    const conductor = 'function main(args) { return args.$done ? args : { action: "echo", state: { $done: true } } }'
    await client.putAction('conductor', {
      exec: { kind: 'nodejs:20', code: conductor },
      annotations: [{ key: 'conductor', value: true }],
    })
    expect((await client.request('PUT', 'triggers/trigger', {})).status).toBe(200)
    const rule = { trigger: '/_/trigger', action: '/_/echo' }
    expect((await client.request('PUT', 'rules/rule', rule)).status).toBe(200)

    const port = Number(new URL(web.baseUrl).port)
    const authorization = web.authorization('owner')
    const attempt = fc.record<Attempt>({
      target: fc.constantFrom(...(Object.keys(TARGETS) as Attempt['target'][])),
      chunked: fc.boolean(),
      ending: fc.constantFrom(...ENDINGS),
      times: fc.constantFrom(1, 1, 1, 3),
    })
    await fc.assert(
      fc.asyncProperty(fc.array(attempt, { minLength: 1, maxLength: 12 }), async (attempts) => {
        const asked = limiter!.asked
        await Promise.all(attempts.map((each) => make(port, each, authorization)))
        await eventually('every place is given back', patience, () => limiter!.taken === 0)
        const mayAsk = attempts.some((each) => isComplete(each) || UNREAD.has(each.target))
        if (!mayAsk) expect(limiter!.asked).toBe(asked)
      }),
      { numRuns: 60, seed: 7 },
    )
    expect(limiter!.asked).toBeGreaterThan(100)
  })
})

describe('a body that does not come', () => {
  let controller: TestController
  const sockets: Socket[] = []
  afterEach(async () => {
    for (const socket of sockets.splice(0)) socket.destroy()
    await controller.stop()
  })

  /** All that comes back on a connection. */
  function open(text: string): { readonly answer: () => string; readonly closed: () => boolean } {
    const socket = connect(controller.port, '127.0.0.1')
    sockets.push(socket)
    let answer = ''
    let closed = false
    socket.setEncoding('latin1')
    socket.on('data', (data: string) => (answer += data))
    socket.on('close', () => (closed = true))
    socket.on('error', () => undefined)
    socket.write(text)
    return { answer: () => answer, closed: () => closed }
  }

  for (const [what, path] of [
    ['an invocation', `${ACTIONS}/a`],
    ['a firing', `${NS}/triggers/t`],
    ['a web action', '/api/v1/web/owner/default/a.json'],
    ['a write', `${ACTIONS}/b`],
  ] as const) {
    for (const framing of ['content-length: 100', 'transfer-encoding: chunked']) {
      it(`for ${what} with ${framing} takes nothing of its namespace, and is answered with 408`, async () => {
        const clock = new VirtualClock()
        const rateLimiter = new CountingLimiter()
        const identities = [{ ...OWNER, limits: { concurrentInvocations: 1, invocationsPerMinute: 1000 } }, OTHER]
        const activator = new ScriptedActivator()
        controller = await TestController.start({ identities, activator, parts: { clock, rateLimiter } })
        const api = new ApiClient(controller)
        await api.putAction('a', { annotations: [{ key: 'web-export', value: true }] })
        const method = what === 'a write' ? 'PUT' : 'POST'
        const head = `${method} ${path} HTTP/1.1\r\nhost: x\r\nauthorization: ${basicAuth(OWNER)}\r\ncontent-type: application/json\r\n${framing}\r\n\r\n`
        const many = Array.from({ length: 20 }, () => open(head))
        // One after the others on the same server: they have arrived when it is answered.
        expect((await api.invoke('a')).status).toBe(202)
        activator.last.onSettled?.()
        expect(rateLimiter).toMatchObject({ taken: 0, asked: 1 })
        await eventually('all are refused', patience, async () => {
          await clock.advance(1000)
          return many.every(({ answer }) => answer() !== '')
        })
        for (const { answer } of many) {
          expect(answer()).toMatch(/^HTTP\/1\.1 408 Request Timeout\r\n/)
          expect(answer()).toContain('The server timed out waiting for the request.')
        }
        await eventually('all are closed', patience, async () => {
          await clock.advance(1000)
          return many.every(({ closed }) => closed())
        })
        expect(rateLimiter).toMatchObject({ taken: 0, asked: 1 })
        expect((await api.invoke('a')).status).toBe(202)
      })
    }
  }

  it('in time, though some of it comes again and again, is given up after a minute', async () => {
    const clock = new VirtualClock()
    controller = await TestController.start({ parts: { clock } })
    const api = new ApiClient(controller)
    await api.putAction('a')
    const { answer } = open(
      `POST ${ACTIONS}/a HTTP/1.1\r\nhost: x\r\nauthorization: ${basicAuth(OWNER)}\r\ncontent-length: 1000\r\n\r\n`,
    )
    const [socket] = sockets
    let seconds = 0
    await eventually('it is refused', patience, async () => {
      socket!.write('{')
      await api.send('GET', ACTIONS)
      await clock.advance(1000)
      seconds++
      return answer() !== ''
    })
    expect(answer()).toMatch(/^HTTP\/1\.1 408 /)
    expect(seconds).toBeGreaterThan(55)
    expect(seconds).toBeLessThan(65)
  })
})
