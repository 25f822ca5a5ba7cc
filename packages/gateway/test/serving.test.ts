import { gunzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ECHO, GatewayRig, send, swaggerOf, type Answer, type Ask } from './gateway-rig.ts'

let rig: GatewayRig

beforeAll(async () => {
  rig = await GatewayRig.start({ hosts: { 'books.example': 'guest' } })
  await rig.webAction('echo')
  await rig.webAction('other', 'function main() { return { body: "other" } }')
  await rig.webAction('long', 'function main() { return { body: { text: "x".repeat(5000) } } }')
  await rig.webAction(
    'image',
    'function main() { return { headers: { "content-type": "image/png" }, body: "AAAA".repeat(1000) } }',
  )
  for (const [name, header] of Object.entries({
    part: '"content-range": "bytes 0-4999/9000"',
    fixed: '"cache-control": "private, no-transform"',
    tagged: '"ETag": "\\"a\\""',
  }))
    await rig.webAction(
      name,
      `function main() { return { headers: { "content-type": "text/plain", ${header} }, body: "x".repeat(5000) } }`,
    )
  await rig.webAction('secured', ECHO, { 'require-whisk-auth': 'my secret' })
  await rig.webAction('crash', 'function main() { throw new Error("no") }')
  await rig.webAction(
    'teapot',
    'function main() { return { statusCode: 418, headers: { "x-own": "1" }, body: "short and stout" } }',
  )
  await rig.webAction('refuses', 'function main() { return { error: { statusCode: 409, body: { why: "taken" } } } }')
  for (const verb of ['get', 'post', 'put', 'delete', 'patch', 'head']) await rig.create('/verbs', '/all', verb, 'echo')
  await rig.create('/verbs', '/one', 'get', 'echo')
  await rig.create('/books', '/book/{isbn}', 'get', 'echo')
  await rig.create('/books', '/book/new', 'get', 'other')
  await rig.create('/books', '/book/{isbn}/page/{page}', 'get', 'echo')
  await rig.create('/books', '/file/{name}.json', 'get', 'echo')
  await rig.create('/books', '/', 'get', 'other')
  await rig.create('/', '/root', 'get', 'echo')
  await rig.create('/', '/books/long', 'get', 'other')
  await rig.create('/books', '/long', 'get', 'long')
  for (const name of ['part', 'fixed', 'tagged']) await rig.create('/books', `/${name}`, 'get', name)
  await rig.create('/books', '/image', 'get', 'image')
  await rig.create('/deep/base/path', '/x', 'get', 'echo')
  await rig.create('/types', '/json', 'get', 'echo', { type: 'json' })
  await rig.create('/types', '/text', 'get', 'other', { type: 'text' })
  await rig.create('/types', '/html', 'get', 'other', { type: 'html' })
  await rig.create('/types', '/svg', 'get', 'other', { type: 'svg' })
  await rig.create('/types', '/http', 'get', 'teapot')
  await rig.create('/secured', '/with', 'get', 'secured', { action: { secureKey: 'my secret' } })
  await rig.create('/secured', '/without', 'get', 'secured')
  await rig.create('/failing', '/crash', 'get', 'crash')
  await rig.create('/failing', '/refuses', 'get', 'refuses')
  await rig.create('/failing', '/missing', 'get', 'missing')
  await rig.swagger(swaggerOf('/quiet', { 'GET /x': 'echo' }, { 'x-ibm-configuration': { cors: { enabled: false } } }))
  await rig.swagger(swaggerOf('/plain', { 'GET /x': 'echo', 'OPTIONS /x': 'echo' }))
  await rig.swagger(
    swaggerOf(
      '/mapped',
      { 'GET /x': 'other', 'GET /elsewhere': 'other' },
      {
        'x-gateway-configuration': {
          assembly: {
            execute: [
              {
                'operation-switch': {
                  case: [
                    {
                      operations: ['GET /x'],
                      execute: [
                        {
                          invoke: { 'target-url': `http://h/api/v1/web/guest/default/echo.http?fixed=1`, verb: 'POST' },
                        },
                        { 'set-variable': { actions: [{ set: 'message.headers.X-Set', value: 'by the gateway' }] } },
                      ],
                    },
                    { operations: ['GET /elsewhere'], execute: [{ invoke: { 'target-url': 'http://127.0.0.1:1/x' } }] },
                  ],
                },
              },
            ],
          },
        },
      },
    ),
  )
})
afterAll(() => rig.close())

interface Row {
  readonly name: string
  readonly path: string
  readonly ask?: Ask
  readonly status: number
  /** What the JSON must contain. */
  readonly body?: object
  readonly text?: string
  /** Null: must not be there. */
  readonly headers?: Readonly<Record<string, string | RegExp | null>>
}

const NOT_FOUND = { status: 404, body: { status: 404, message: 'Error: Not found.' } }
const NO_VERB = { status: 404, body: { status: 404, message: 'Error: Whoops. Verb not supported.' } }
const ANY_ORIGIN = { 'access-control-allow-origin': '*' }

const ROWS: readonly Row[] = [
  ...['GET', 'POST', 'PUT', 'DELETE', 'PATCH'].map((method): Row => ({
    name: `${method} reaches the action as ${method.toLowerCase()}`,
    path: '/verbs/all',
    ask: { method },
    status: 200,
    body: { __ow_method: method.toLowerCase() },
  })),
  { name: 'HEAD is answered without a body', path: '/verbs/all', ask: { method: 'HEAD' }, status: 200, text: '' },
  {
    name: 'a verb that the path does not have is 404, and the others are named',
    path: '/verbs/one',
    ask: { method: 'POST' },
    ...NO_VERB,
    headers: { allow: 'GET, OPTIONS' },
  },
  { name: 'an unknown verb is 404', path: '/verbs/one', ask: { method: 'PROPFIND' }, ...NO_VERB },
  { name: 'an unknown path is 404', path: '/verbs/two', ...NOT_FOUND },
  { name: 'a path below one that is known is another', path: '/verbs/one/more', ...NOT_FOUND },
  { name: 'an unknown base path is 404', path: '/unknown/all', ...NOT_FOUND },
  { name: 'a base path alone is 404 when it has no path /', path: '/verbs', ...NOT_FOUND },
  { name: 'paths are case-sensitive', path: '/Verbs/all', ...NOT_FOUND },
  { name: 'a base path may have several segments', path: '/deep/base/path/x', status: 200 },
  { name: 'a slash more at the end is the same path', path: '/deep/base/path/x/', status: 200 },
  { name: 'a base path of / has no segment', path: '/root', status: 200 },
  { name: 'path / of an API is its base path', path: '/books', status: 200, text: 'other' },
  { name: 'path / of an API may be written with its slash', path: '/books/', status: 200, text: 'other' },
  { name: 'of two APIs the longer base path wins', path: '/books/long', status: 200, body: { text: 'x'.repeat(5000) } },
  { name: 'malformed percent-encoding is 404', path: '/books/book/%zz', ...NOT_FOUND },
  {
    name: 'a path parameter is told to the action in the path',
    path: '/books/book/978',
    status: 200,
    body: { __ow_path: '/books/book/978' },
  },
  {
    name: 'several path parameters are',
    path: '/books/book/978/page/7',
    status: 200,
    body: { __ow_path: '/books/book/978/page/7' },
  },
  {
    name: 'a path parameter stays percent-encoded',
    path: '/books/book/a%2Fb%20c',
    status: 200,
    body: { __ow_path: '/books/book/a%2Fb%20c' },
  },
  { name: 'an empty path parameter is none', path: '/books/book//page/7', ...NOT_FOUND },
  { name: 'a path without parameters comes before one with', path: '/books/book/new', status: 200, text: 'other' },
  { name: 'a parameter may be a part of a segment', path: '/books/file/a.b.json', status: 200 },
  { name: 'the rest of the segment must be there', path: '/books/file/a.xml', ...NOT_FOUND },
  {
    name: 'the query reaches the action',
    path: '/verbs/all?a=1&b=x%20y',
    status: 200,
    body: { a: '1', b: 'x y' },
  },
  {
    name: 'a JSON body reaches the action',
    path: '/verbs/all',
    ask: { method: 'POST', headers: { 'content-type': 'application/json' }, body: { deep: [1] } },
    status: 200,
    body: { deep: [1] },
  },
  {
    name: 'a form reaches the action',
    path: '/verbs/all',
    ask: { method: 'POST', headers: { 'content-type': 'application/x-www-form-urlencoded' }, body: 'a=1&b=2' },
    status: 200,
    body: { a: '1', b: '2' },
  },
  {
    name: 'headers reach the action',
    path: '/verbs/all',
    ask: { headers: { 'x-mine': 'yes' } },
    status: 200,
    body: { __ow_headers: expect.objectContaining({ 'x-mine': 'yes' }) as object },
  },
  {
    name: 'reserved parameters in the query are refused as by the web action',
    path: '/verbs/all?__ow_user=me',
    status: 400,
  },
  {
    name: 'response type json wraps what the action returned',
    path: '/types/json',
    status: 200,
    body: { body: expect.anything() as object },
  },
  {
    name: 'response type text',
    path: '/types/text',
    status: 200,
    text: 'other',
    headers: { 'content-type': 'text/plain; charset=UTF-8' },
  },
  {
    name: 'response type html',
    path: '/types/html',
    status: 200,
    text: 'other',
    headers: { 'content-type': 'text/html; charset=UTF-8' },
  },
  {
    name: 'response type svg',
    path: '/types/svg',
    status: 200,
    text: 'other',
    headers: { 'content-type': /^image\/svg\+xml/ },
  },
  {
    name: 'response type http lets the action choose status and headers',
    path: '/types/http',
    status: 418,
    text: 'short and stout',
    headers: { 'x-own': '1' },
  },
  {
    name: 'the activation is named',
    path: '/types/text',
    status: 200,
    headers: { 'x-openwhisk-activation-id': /^[0-9a-f]{32}$/ },
  },
  {
    name: 'the transaction is named',
    path: '/types/text',
    ask: { headers: { 'x-request-id': 'mine' } },
    status: 200,
    headers: { 'x-request-id': 'mine' },
  },
  {
    name: 'CORS is answered by the gateway',
    path: '/verbs/one',
    status: 200,
    headers: { ...ANY_ORIGIN, 'access-control-allow-methods': 'GET, OPTIONS' },
  },
  {
    name: 'a preflight is answered without an activation',
    path: '/verbs/one',
    ask: {
      method: 'OPTIONS',
      headers: {
        origin: 'http://x',
        'access-control-request-method': 'GET',
        'access-control-request-headers': 'x-mine',
      },
    },
    status: 200,
    text: '',
    headers: { ...ANY_ORIGIN, 'access-control-allow-headers': 'x-mine', 'x-openwhisk-activation-id': null },
  },
  {
    name: 'a preflight names the verbs of the path',
    path: '/verbs/all',
    ask: { method: 'OPTIONS' },
    status: 200,
    headers: { 'access-control-allow-methods': /GET.*POST.*OPTIONS/ },
  },
  { name: 'a preflight of an unknown path is 404', path: '/verbs/two', ask: { method: 'OPTIONS' }, ...NOT_FOUND },
  {
    name: 'a refusal tells of other origins, too',
    path: '/verbs/one',
    ask: { method: 'POST' },
    ...NO_VERB,
    headers: ANY_ORIGIN,
  },
  {
    name: 'CORS that is off is silent',
    path: '/quiet/x',
    status: 200,
    headers: { 'access-control-allow-origin': null },
  },
  {
    name: 'a preflight where CORS is off is no verb of the path',
    path: '/quiet/x',
    ask: { method: 'OPTIONS' },
    ...NO_VERB,
  },
  {
    name: 'CORS that is not said is left to the action',
    path: '/plain/x',
    status: 200,
    headers: { 'access-control-allow-methods': 'OPTIONS, GET, DELETE, POST, PUT, HEAD, PATCH' },
  },
  {
    name: 'OPTIONS goes to the action where the API has it and CORS is not the gateway’s',
    path: '/plain/x',
    ask: { method: 'OPTIONS' },
    status: 200,
    headers: ANY_ORIGIN,
  },
  {
    name: 'the secured header is added',
    path: '/secured/with',
    status: 200,
    body: { __ow_headers: expect.objectContaining({ 'x-require-whisk-auth': 'my secret' }) as object },
  },
  {
    name: 'the secured header of the client does not count',
    path: '/secured/with',
    ask: { headers: { 'X-Require-Whisk-Auth': 'wrong' } },
    status: 200,
  },
  { name: 'a secured action without the header is 401', path: '/secured/without', status: 401 },
  {
    name: 'the header is passed on where the API does not set it',
    path: '/secured/without',
    ask: { headers: { 'X-Require-Whisk-Auth': 'my secret' } },
    status: 200,
  },
  {
    name: 'an action that crashes is what the web action says',
    path: '/failing/crash',
    status: 400,
    body: { error: 'There was an error processing your request.' },
  },
  { name: 'an action that refuses is', path: '/failing/refuses', status: 409, body: { why: 'taken' } },
  {
    name: 'an action that does not exist is 404',
    path: '/failing/missing',
    status: 404,
    body: { error: 'The requested resource does not exist.' },
  },
  { name: 'a back end that is no web action is 502', path: '/mapped/elsewhere', status: 502 },
  {
    name: 'a target of its own is asked with its own verb',
    path: '/mapped/x?a=1',
    status: 200,
    body: { __ow_method: 'post', fixed: '1', a: '1' },
  },
  {
    name: 'headers are set for a target',
    path: '/mapped/x',
    status: 200,
    body: { __ow_headers: expect.objectContaining({ 'x-set': 'by the gateway' }) as object },
  },
  {
    name: 'answers are not compressed for those who do not ask',
    path: '/books/long',
    status: 200,
    headers: { 'content-encoding': null },
  },
  {
    name: 'gzip with quality 0 is not asked for',
    path: '/books/long',
    ask: { headers: { 'accept-encoding': 'gzip;q=0, *' } },
    status: 200,
    headers: { 'content-encoding': null },
  },
  {
    name: 'short answers are not compressed',
    path: '/types/text',
    ask: { headers: { 'accept-encoding': 'gzip' } },
    status: 200,
    text: 'other',
    headers: { 'content-encoding': null },
  },
  {
    name: 'images are not compressed',
    path: '/books/image',
    ask: { headers: { 'accept-encoding': 'gzip' } },
    status: 200,
    headers: { 'content-type': 'image/png', 'content-encoding': null },
  },
]

function check(answer: Answer, { status, body, text, headers = {} }: Omit<Row, 'name' | 'path'>): void {
  expect(answer.status, answer.text).toBe(status)
  if (body) expect(answer.body).toMatchObject(body)
  if (text !== undefined) expect(answer.text).toBe(text)
  for (const [name, value] of Object.entries(headers)) {
    const given = answer.headers[name]
    if (value === null) expect(given, name).toBeUndefined()
    else if (typeof value === 'string') expect(given, name).toBe(value)
    else expect(given, name).toMatch(value)
  }
}

describe('the gateway', () => {
  it.each(ROWS.map((row) => [row.name, row] as const))('%s', async (_name, row) => {
    check(await rig.call(row.path, row.ask), row)
  })

  // Those of the common shape are read without node:http, see ApiServer.
  it.each(ROWS.map((row) => [row.name, row] as const))('on a connection that stays: %s', async (_name, row) => {
    const ask = { ...row.ask, headers: { connection: 'keep-alive', ...row.ask?.headers } }
    check(await rig.call(row.path, ask), row)
  })

  it.each(['close', 'keep-alive'])('compresses what the client takes compressed (%s)', async (connection) => {
    const answer = await rig.call('/books/long', { headers: { connection, 'accept-encoding': 'deflate, gzip;q=0.5' } })
    expect(answer.headers).toMatchObject({
      'content-encoding': 'gzip',
      vary: 'Accept-Encoding',
      'access-control-allow-origin': '*',
    })
    expect(Number(answer.headers['content-length'])).toBe(answer.bytes.length)
    expect(JSON.parse(gunzipSync(answer.bytes).toString('utf8'))).toEqual({ text: 'x'.repeat(5000) })
  })

  it.each(['part', 'fixed'])('leaves the bytes of what says that they count (%s)', async (name) => {
    for (const connection of ['close', 'keep-alive']) {
      const answer = await rig.call(`/books/${name}`, { headers: { connection, 'accept-encoding': 'gzip' } })
      expect(answer.headers['content-encoding']).toBeUndefined()
      expect(answer.text).toBe('x'.repeat(5000))
    }
  })

  it.each(['close', 'keep-alive'])('calls what it compressed alike, not the same (%s)', async (connection) => {
    const ask = async (headers: Record<string, string>): Promise<unknown> =>
      (await rig.call('/books/tagged', { headers: { connection, ...headers } })).headers.etag
    expect(await ask({ 'accept-encoding': 'gzip' })).toBe('W/"a"')
    expect(await ask({})).toBe('"a"')
  })

  it('serves a namespace on a host of its own, and the others where they were', async () => {
    const path = '/types/text'
    const { port } = new URL(rig.apis)
    const host = async (name: string, at: string): Promise<number> =>
      (await send(`http://127.0.0.1:${port}${at}`, { headers: { host: name } })).status
    expect(await host(`Books.Example:${port}`, path)).toBe(200)
    expect(await host('books.example', '/types/none')).toBe(404)
    expect(await host('unknown.example', path)).toBe(404)
    expect(await host('unknown.example', `/api/guest${path}`)).toBe(200)
  })

  it.each(['/', '/api', '/api/', '/api/nobody/x', '/api/%zz/x', '/other'])('has nothing at %s', async (path) => {
    check(await send(rig.gatewayUrl + path), NOT_FOUND)
  })

  it('answers the next request of a connection, and keeps it for HTTP/1.1', async () => {
    const first = await fetch(`${rig.apis}/types/text`)
    expect(await first.text()).toBe('other')
    expect(first.headers.get('connection')).toBe('keep-alive')
    expect(await (await fetch(`${rig.apis}/types/text`)).text()).toBe('other')
  })
})
