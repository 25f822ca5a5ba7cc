import assert from 'node:assert/strict'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { sendRequest, type RawResponse, type RestPlatform } from '@stemcell/conformance/rest'
import {
  body,
  headers,
  likelyBody,
  likelyQuery,
  method,
  OWNER_HEADER,
  path,
  query,
  segment,
} from './fuzz-arbitraries.ts'
import { ResponseValidator } from './response-validator.ts'
import type { SwaggerDocument } from './swagger-document.ts'

const PATIENCE_MS = 10_000
const SEED = Number(process.env['FUZZ_SEED'] ?? 20_240_817)
const RUNS = Number(process.env['FUZZ_RUNS'] ?? 600)
const RUNS_EACH = Math.ceil(RUNS / 10)

interface Input {
  readonly method: string
  readonly path: string
  readonly query: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** Throws arbitrary requests at a platform: at any path, and at each operation of its API document. */
export function fuzzApi(name: string, start: () => Promise<RestPlatform>): void {
  describe(`arbitrary requests: ${name}`, () => {
    let target: FuzzTarget
    beforeAll(async () => {
      target = await FuzzTarget.start(await start())
    })
    afterAll(() => target.platform.close())

    it('whatever is sent, the answer comes, is no failure of the server, and a refusal is an error object', async () => {
      await fc.assert(
        fc.asyncProperty(fc.record({ method, path, query, headers, body }), (input) => target.ask(input)),
        { seed: SEED, numRuns: RUNS, endOnFailure: true },
      )
    }, 120_000)

    it('each operation of the document answers whatever it is sent as the document says', async () => {
      for (const [operationMethod, template] of target.operations) {
        await target.renew()
        const input = fc.record({
          method: fc.constant(operationMethod),
          path: target.filled(template),
          query: likelyQuery,
          headers: fc.oneof(
            { weight: 6, arbitrary: fc.constant({ 'content-type': 'application/json' }) },
            { weight: 1, arbitrary: fc.constantFrom({}, { 'content-type': 'text/plain' }) },
          ),
          body: likelyBody,
        })
        await fc.assert(
          fc.asyncProperty(input, (sent) =>
            target.ask({ ...sent, headers: { ...sent.headers, authorization: OWNER_HEADER } }),
          ),
          { seed: SEED, numRuns: RUNS_EACH, endOnFailure: true },
        )
        assert.ok(target.successes > 0, `${operationMethod} ${template} never succeeded`)
      }
    }, 240_000)
  })
}

const ECHO = {
  exec: { kind: 'nodejs:20', code: 'function main(args) { return args }' },
  annotations: [
    { key: 'web-export', value: true },
    { key: 'final', value: true },
  ],
  limits: { timeout: 5000 },
}

const SEEDS: readonly (readonly [path: string, content: object])[] = [
  ['packages/p', { parameters: [{ key: 'x', value: 1 }] }],
  ['packages/b', { binding: { namespace: '_', name: 'p' } }],
  ['actions/a', ECHO],
  ['actions/p/a', ECHO],
  ['actions/s', { exec: { kind: 'sequence', components: ['/_/a', '/_/b/a'] } }],
  ['triggers/t', {}],
  ['rules/r', { trigger: '/_/t', action: '/_/a' }],
]

class FuzzTarget {
  readonly platform: RestPlatform
  readonly operations: readonly (readonly [method: string, template: string])[]
  /** Requests since the last renewal that were not refused. */
  successes = 0
  readonly #validator: ResponseValidator
  #authorization = ''
  #namespace = ''
  #activationId = ''

  private constructor(platform: RestPlatform, operations: FuzzTarget['operations'], validator: ResponseValidator) {
    this.platform = platform
    this.operations = operations
    this.#validator = validator
  }

  static async start(platform: RestPlatform): Promise<FuzzTarget> {
    const { baseUrl } = platform
    const documents = await Promise.all(
      ['/api/v1/api-docs', '/api-docs'].map(
        async (at) => (await (await fetch(baseUrl + at)).json()) as SwaggerDocument,
      ),
    )
    const operations = documents.flatMap(({ basePath, paths }) =>
      Object.entries(paths).flatMap(([template, methods]) =>
        Object.keys(methods).map((name) => [name.toUpperCase(), `${basePath}${template}`.replace('//', '/')] as const),
      ),
    )
    const target = new FuzzTarget(platform, operations, await ResponseValidator.connect(baseUrl))
    await target.renew()
    return target
  }

  /** Goes on as another caller, who has one entity of each sort. */
  async renew(): Promise<void> {
    const { auth, namespace } = await this.platform.admit({
      invocationsPerMinute: 1_000_000,
      firesPerMinute: 1_000_000,
    })
    this.#authorization = `Basic ${Buffer.from(auth).toString('base64')}`
    this.#namespace = namespace
    this.successes = 0
    for (const [path, content] of SEEDS) await this.#require('PUT', path, content)
    const { headers: answered } = await this.#require('POST', 'actions/a?blocking=true', {})
    this.#activationId = answered['x-openwhisk-activation-id'] ?? ''
  }

  async #require(requestMethod: string, at: string, content: object): Promise<RawResponse> {
    const response = await sendRequest(this.platform.baseUrl, {
      method: requestMethod,
      path: `/api/v1/namespaces/_/${at}`,
      headers: { authorization: this.#authorization, 'content-type': 'application/json' },
      body: JSON.stringify(content),
    })
    assert.equal(response.status, 200, response.text)
    return response
  }

  /** A path of the document with names of the caller, mostly, and others. */
  filled(template: string): fc.Arbitrary<string> {
    const parts = template.split(/(\{\w+\})/).map((part, index, all) => {
      if (!part.startsWith('{')) return fc.constant(part)
      const known = fc.constantFrom(...this.#namesFor(part, all[index - 1] ?? ''))
      return fc.oneof({ weight: 5, arbitrary: known }, { weight: 1, arbitrary: segment })
    })
    return fc.tuple(...parts).map((texts) => texts.join(''))
  }

  #namesFor(parameter: string, before: string): readonly string[] {
    if (parameter === '{namespace}') return ['_', this.#namespace]
    if (parameter === '{packageName}' && !before.endsWith('/packages/')) return ['p', 'b', 'default']
    if (parameter === '{activationid}') return [this.#activationId]
    if (parameter === '{extension}') return ['json', 'http', 'text']
    if (before.endsWith('/triggers/')) return ['t', 'a']
    if (before.endsWith('/rules/')) return ['r', 't']
    return before.endsWith('/packages/') ? ['p', 'b', 'new'] : ['a', 's', 'p']
  }

  /** Rejects when the answer is not as answers must be. */
  async ask(input: Input): Promise<void> {
    const authorization = input.headers['authorization']
    const request = {
      method: input.method,
      path: input.query === '' ? input.path : `${input.path}?${input.query}`,
      headers: {
        ...input.headers,
        ...(authorization === OWNER_HEADER ? { authorization: this.#authorization } : {}),
        'content-length': String(Buffer.byteLength(input.body)),
      },
      body: input.body,
    }
    const response = await answerInTime(sendRequest(this.platform.baseUrl, request))
    assert.match(response.headers['x-request-id'] ?? '', /./)
    const isOutcome = response.headers['x-openwhisk-activation-id'] !== undefined
    const isUnknown = response.status === 501 && input.method === 'PROPFIND'
    assert.ok(response.status < 500 || isOutcome || isUnknown, `${response.status} ${response.text}`)
    if (!isUnknown) assert.notEqual(input.method, 'PROPFIND')
    if (input.method !== 'HEAD') this.#validator.observe({ step: request, request, response })
    if (response.status < 400) this.successes++
    if (response.status >= 400 && input.method !== 'HEAD' && !isOutcome) checkRefusal(response)
  }
}

function checkRefusal({ headers: { 'content-type': type, 'x-request-id': id }, text }: RawResponse): void {
  assert.equal(type, 'application/json')
  const error = JSON.parse(text) as Record<string, unknown>
  assert.deepEqual(Object.keys(error), ['error', 'code'])
  assert.match(String(error['error']), /./)
  assert.equal(error['code'], id)
}

async function answerInTime(answer: Promise<RawResponse>): Promise<RawResponse> {
  const tooLate = AbortSignal.timeout(PATIENCE_MS)
  return Promise.race([
    answer,
    new Promise<never>((_resolve, reject) => {
      tooLate.addEventListener('abort', () => reject(new Error(`no answer within ${PATIENCE_MS} ms`)), { once: true })
    }),
  ])
}
