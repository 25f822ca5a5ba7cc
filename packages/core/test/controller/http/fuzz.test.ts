import { request } from 'node:http'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { ApiClient } from '../api-client.ts'
import { ScriptedActivator } from '../scripted-activator.ts'
import { basicAuth, OWNER, TestController } from '../test-controller.ts'

const PATIENCE_MS = 5000

let controller: TestController

beforeAll(async () => {
  controller = await TestController.start({ activator: new ScriptedActivator() })
  await controller.makePackage({ package: 'p', parameters: [{ key: 'x', value: 1 }] }, 'owner')
  const api = new ApiClient(controller)
  await api.putAction('a')
  await api.putAction('p/a', { annotations: [{ key: 'final', value: true }] })
})

afterAll(() => controller.stop())

const segment = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.constantFrom(
      '_',
      'owner',
      'other',
      'actions',
      'activations',
      'limits',
      'namespaces',
      'a',
      'p',
      'api',
      'v1',
      '',
    ),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      '%',
      '%zz',
      '%00',
      '%2F',
      '%C3%28',
      '..',
      '.',
      '%E0%A4%A',
      'logs',
      'result',
      'a'.repeat(300),
    ),
  },
  { weight: 1, arbitrary: fc.string({ maxLength: 12 }).map(encodeURIComponent) },
  { weight: 1, arbitrary: fc.stringMatching(/^[0-9a-f]{30,33}$/) },
)
const path = fc
  .tuple(
    fc.constantFrom('/api/v1/namespaces/_/', '/api/v1/namespaces/', '/api/v1/', '/', '/api/v1/namespaces/_/actions/'),
    fc.array(segment, { maxLength: 5 }),
  )
  .map(([start, segments]) => start + segments.join('/'))
const queryPair = fc.tuple(
  fc.constantFrom(
    'blocking',
    'result',
    'timeout',
    'overwrite',
    'code',
    'limit',
    'skip',
    'count',
    'docs',
    'name',
    'since',
    'upto',
    '',
    '%',
    '__proto__',
  ),
  fc.oneof(
    fc.constantFrom('', 'true', 'false', '0', '-1', '1e9', '99999999999999999999', 'NaN', '%', '%ff', 'a/b', '_'),
    fc.string({ maxLength: 8 }).map(encodeURIComponent),
  ),
)
const query = fc.array(queryPair, { maxLength: 4 }).map((pairs) => pairs.map((pair) => pair.join('=')).join('&'))
const method = fc.constantFrom('GET', 'PUT', 'POST', 'DELETE', 'HEAD', 'PATCH', 'OPTIONS', 'PROPFIND', 'TRACE')
const headerText = fc.stringMatching(/^[ -~\u0080-\u00ff]{0,40}$/)
const headers = fc.record(
  {
    authorization: fc.oneof(
      { weight: 4, arbitrary: fc.constant(basicAuth(OWNER)) },
      { weight: 1, arbitrary: headerText },
    ),
    'content-type': fc.oneof(
      fc.constant('application/json'),
      fc.constantFrom('text/plain', ';', 'a/b;c="d', ''),
      headerText,
    ),
    accept: fc.oneof(fc.constant('*/*'), headerText),
    'x-request-id': headerText,
    'x-ow-extra-logging': fc.constantFrom('on', 'off', ''),
    origin: headerText,
  },
  { requiredKeys: [] },
)
const field = fc.constantFrom(
  'exec',
  'kind',
  'code',
  'main',
  'image',
  'parameters',
  'annotations',
  'limits',
  'memory',
  'instances',
  'cpu',
  'version',
  'publish',
  'delAnnotations',
  'key',
  'value',
  'components',
  '__proto__',
)
const { tree } = fc.letrec((tie) => ({
  tree: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom(
      null,
      true,
      0,
      -1,
      1.5,
      1e308,
      '',
      'nodejs:20',
      'blackbox',
      'nodejs:default',
      'sequence',
      'abcd',
      '0.0.0',
      '\ud800',
    ),
    fc.dictionary(field, tie('tree'), { maxKeys: 5 }),
    fc.array(tie('tree'), { maxLength: 3 }),
  ),
}))
const body = fc.oneof(
  { weight: 3, arbitrary: fc.constant('') },
  { weight: 4, arbitrary: fc.dictionary(field, tree, { maxKeys: 6 }).map((value) => JSON.stringify(value)) },
  { weight: 2, arbitrary: tree.map((value) => JSON.stringify(value)) },
  {
    weight: 2,
    arbitrary: fc.constantFrom(
      '{',
      '[',
      '"',
      '{"a":1}x',
      '\u0000',
      '\ufeff{}',
      '['.repeat(100_000),
      '{"a":'.repeat(5000),
      '1'.repeat(5000),
    ),
  },
  { weight: 1, arbitrary: fc.string({ maxLength: 50, unit: 'binary' }) },
)

interface Answered {
  readonly status: number
  readonly type: string | undefined
  readonly transaction: string | undefined
  readonly text: string
}

function ask(input: {
  method: string
  path: string
  headers: Record<string, string>
  body: string
}): Promise<Answered> {
  return new Promise((resolve, reject) => {
    const bytes = Buffer.from(input.body)
    const outgoing = request(
      {
        host: '127.0.0.1',
        port: controller.port,
        method: input.method,
        path: input.path,
        headers: { ...input.headers, 'content-length': bytes.length },
        timeout: PATIENCE_MS,
      },
      (incoming) => {
        const chunks: Buffer[] = []
        incoming.on('data', (chunk: Buffer) => chunks.push(chunk))
        incoming.on('error', reject)
        incoming.on('end', () =>
          resolve({
            status: incoming.statusCode ?? 0,
            type: incoming.headers['content-type'],
            transaction: incoming.headers['x-request-id'] as string | undefined,
            text: Buffer.concat(chunks).toString(),
          }),
        )
      },
    )
    outgoing.on('timeout', () => outgoing.destroy(new Error(`no answer within ${PATIENCE_MS} ms`)))
    outgoing.on('error', reject)
    outgoing.end(bytes)
  })
}

it('whatever is sent, the answer comes, is never a 500, and a refusal is an error object', async () => {
  await fc.assert(
    fc.asyncProperty(fc.record({ method, path, query, headers, body }), async (input) => {
      const answered = await ask({ ...input, path: input.query === '' ? input.path : `${input.path}?${input.query}` })
      expect(answered.transaction).toMatch(/./)
      expect(answered.status).toBeGreaterThanOrEqual(200)
      expect(answered.status).toBeLessThan(500)
      if (answered.status < 400 || input.method === 'HEAD') return
      expect(answered.type).toBe('application/json')
      const error = JSON.parse(answered.text) as Record<string, unknown>
      expect(Object.keys(error)).toEqual(['error', 'code'])
      expect(error['error']).toMatch(/./)
      expect(error['code']).toBe(answered.transaction)
    }),
    { seed: 20_240_817, numRuns: Number(process.env['FUZZ_RUNS'] ?? 1000), endOnFailure: true },
  )
}, 120_000)
