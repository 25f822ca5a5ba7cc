import assert from 'node:assert/strict'
import fc from 'fast-check'
import { afterAll, beforeAll, it } from 'vitest'
import { WebPlatform } from './web-platform.ts'

let web: WebPlatform
beforeAll(async () => {
  web = await WebPlatform.start()
  await web.putPackage({ name: 'pkg', parameters: { p: 1 } })
  await web.putAction('echo', { package: 'pkg' })
  await web.putAction('echo', {})
  await web.putAction('raw', { annotations: { 'raw-http': true, 'web-custom-options': true } })
  await web.putAction('secret', { annotations: { 'require-whisk-auth': 'x', final: true }, parameters: { a: 1 } })
})
afterAll(() => web.close())

const visible = fc.stringMatching(/^[!-~]{0,12}$/)
const token = fc.stringMatching(/^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,12}$/)
/** Bytes that a request line may hold. */
const target = visible.map((text) => text.replaceAll('#', ''))
const oneOf = (...values: string[]): fc.Arbitrary<string> => fc.constantFrom(...values)
const mixed = (...values: string[]): fc.Arbitrary<string> =>
  fc.oneof({ arbitrary: oneOf(...values), weight: 4 }, { arbitrary: target, weight: 1 })

const path = fc
  .tuple(
    mixed('owner', 'other', '_', 'own%65r'),
    mixed('default', 'pkg', 'defaults', 'none'),
    mixed('echo', 'raw', 'secret', 'gone', 'ech%6f', 'echo%zz'),
    mixed('', '.json', '.http', '.html', '.svg', '.text', '.xml'),
    mixed('', '/', '/a/b', '/%ff', '//'),
    mixed('', '?', '?a=1&b', '?__ow_user=1', '?a=%zz', '?__proto__=1'),
  )
  .map(([namespace, packageName, name, extension, rest, query]) =>
    `/api/v1/web/${namespace}/${packageName}/${name}${extension}${rest}${query}`.replaceAll(' ', ''),
  )

const header = fc.oneof(
  fc.tuple(
    oneOf('content-type'),
    mixed(
      'application/json',
      'application/x-www-form-urlencoded',
      'text/plain; charset="',
      'a/b; c=d; ;',
      'image/png',
      'application/x+json',
    ),
  ),
  fc.tuple(oneOf('accept'), mixed('*/*', 'text/html', 'application/*;q=0', ',;,/', 'a/b')),
  fc.tuple(oneOf('authorization'), mixed('Basic', 'Basic !', 'Basic Og==', 'Bearer x')),
  fc.tuple(oneOf('x-require-whisk-auth'), mixed('x')),
  fc.tuple(oneOf('access-control-request-headers'), visible),
  fc.tuple(
    token.filter(
      (name) => !/^(?:host|connection|expect|upgrade|te|trailer|content-length|transfer-encoding)$/i.test(name),
    ),
    visible,
  ),
)

const body = fc.oneof(
  fc.constant(undefined),
  fc.json().map((text) => Buffer.from(text)),
  fc.uint8Array({ maxLength: 64 }).map((bytes) => Buffer.from(bytes)),
  oneOf('{', '[[[', '{"__ow_user":1}', 'a=1&a=%zz', '__ow_body=1', '{"a":2}', '{"__proto__":{"x":1}}').map((text) =>
    Buffer.from(text),
  ),
)

it('no request breaks web actions', { timeout: 120_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(
      oneOf('GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'HEAD', 'OPTIONS', 'PROPFIND'),
      path,
      fc.array(header, { maxLength: 5 }),
      body,
      fc.boolean(),
      async (method, requested, headers, content, chunked) => {
        const response = await web.send({
          method,
          path: requested,
          headers: headers.flat(),
          ...(content === undefined ? {} : { body: content, chunked }),
        })
        if (method === 'PROPFIND') assert.equal(response.status, 501)
        else assert.ok(response.status < 500, `${response.status} ${response.text}`)
        assert.ok(response.lines.has('x-request-id'))
      },
    ),
    { seed: 1, numRuns: 500 },
  )
})

/** Results that look like responses, or nearly so. */
const result = fc.oneof(
  fc.record(
    {
      statusCode: fc.oneof(fc.jsonValue(), fc.integer({ min: -1, max: 700 }), oneOf('200', '+201', '1e2', '')),
      headers: fc.oneof(
        fc.dictionary(
          fc.oneof(
            token,
            oneOf(
              'content-type',
              'Content-Length',
              'transfer-encoding',
              'connection',
              'trailer',
              'date',
              'set-cookie',
              '__proto__',
            ),
          ),
          fc.oneof(fc.jsonValue(), mixed('text/plain', 'image/png', 'application/json', 'chunked', 'x; y="z', '5')),
        ),
        fc.jsonValue(),
      ),
      body: fc.oneof(fc.jsonValue(), fc.string({ unit: 'binary' }), oneOf('AQID', '{}', 'true')),
    },
    { requiredKeys: [] },
  ),
  fc.jsonValue(),
)

it('no result breaks web actions', { timeout: 120_000 }, async () => {
  await web.putAction('result', { code: 'main = (a) => a.result' })
  await fc.assert(
    fc.asyncProperty(
      oneOf('.http', '.json', '.html', '.svg', '.text'),
      oneOf('GET', 'POST', 'HEAD'),
      result,
      async (extension, method, given) => {
        const response = await web.send({
          method,
          path: `/api/v1/web/owner/default/result${extension}`,
          headers: ['content-type', 'application/json'],
          body: JSON.stringify({ result: given }),
        })
        const statusCode = isObject(given) ? given['statusCode'] : undefined
        const own = typeof statusCode !== 'object' && /^\+?5\d\d$/.test(String(statusCode))
        const allowed = response.status < 500 || Array.isArray(given) || own
        assert.ok(allowed, `${response.status} ${response.text}`)
      },
    ),
    { seed: 1, numRuns: 500 },
  )
})

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
