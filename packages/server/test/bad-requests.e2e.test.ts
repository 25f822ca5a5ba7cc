import { once } from 'node:events'
import { connect } from 'node:net'
import { describe, expect, it } from 'vitest'
import { call, putAction, type ApiAnswer } from './harness/api.ts'
import { eventually } from '../../../test/eventually.ts'
import { useServer } from './harness/use-server.ts'

const MB = 1024 * 1024
const server = useServer({ config: { limits: { maxExecBytes: 2 * MB } } })
const CODE = 'function main() { return {} }'

/** Status and text of an error object; fails when the answer is not one. */
function refusal({ status, json, headers }: ApiAnswer): [number, unknown] {
  expect(headers['x-request-id']).toBe(json['code'])
  expect(Object.keys(json).sort()).toEqual(['code', 'error'])
  return [status, json['error']]
}

const put = async (body: unknown, name = 'bad'): Promise<[number, unknown]> =>
  refusal(await call(server(), 'PUT', `actions/${name}`, { body }))

describe('a request that is not well formed', () => {
  it.each(['{"exec":', '{', 'nonsense', '"\\ud800', '{"a":1}}', '\u0000'])(
    'is refused as malformed: %j',
    async (body) => {
      const [status, error] = await put(body)
      expect(status).toBe(400)
      expect(error).toMatch(/^The request content was malformed:\n/)
    },
  )

  it.each(['[]', '1', '"text"', 'null', 'true'])('is refused when its body is no object: %s', async (body) => {
    expect(await put(body)).toEqual([400, "The request content was malformed:\nObject expected in field 'exec'"])
  })

  it('is refused when its body is nested beyond reason', async () => {
    const [status, error] = await put(`{"a":${'['.repeat(100_000)}${']'.repeat(100_000)}}`)
    expect([status, String(error).split('\n')[0]]).toEqual([400, 'The request content was malformed:'])
  })

  it('is refused when a body is missing or of another type', async () => {
    expect(refusal(await call(server(), 'PUT', 'actions/bad'))).toEqual([
      400,
      'Request entity expected but not supplied',
    ])
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'application/octet-stream']) {
      const answer = await call(server(), 'PUT', 'actions/bad', { body: '{}', headers: { 'content-type': type } })
      const [status, error] = refusal(answer)
      expect(status).toBe(415)
      expect(error).toContain('application/json')
    }
  })

  it('is refused when the client takes no JSON', async () => {
    const [status] = refusal(await call(server(), 'GET', 'actions', { headers: { accept: 'image/png' } }))
    expect(status).toBe(406)
  })

  /** What is answered before the server closes the connection. */
  async function rawAnswer(bytes: string): Promise<string> {
    const { hostname, port } = new URL(server().url)
    const socket = connect(Number(port), hostname)
    let answer = ''
    socket.setEncoding('utf8').on('data', (text: string) => (answer += text))
    socket.write(bytes, 'latin1')
    await once(socket, 'close')
    return answer
  }

  it.each([
    '\x16\x03\x01\x02\x00\x01\x00',
    'GET\r\n\r\n',
    'G@T / HTTP/1.1\r\nhost: a\r\n\r\n',
    'AMETHODTHATISVERYLONG / HTTP/1.1\r\nhost: a\r\n\r\n',
    'POST / HTTP/1.1\r\nhost: a\r\ncontent-length: x\r\n\r\n',
    'GET / HTTP/1.1\r\n\r\n',
    'GET /ping HTTP/1.1\r\nhost: a\r\nhost: b\r\n\r\n',
    'GET /ping HTTP/1.1\r\nHost: a\r\nHOST: a\r\n\r\n',
  ])('is 400 and ends the connection: %j', async (bytes) => {
    const answer = await rawAnswer(bytes)
    expect(answer).toMatch(/^HTTP\/1\.1 400 /)
    expect(answer).toMatch(/\{"error":".+","code":"[A-Za-z0-9]{32}"\}$/)
  })

  it.each(['BREW', 'get', 'X-Y.Z!'])('is 501 when nobody knows its method: %s', async (method) => {
    const answer = await rawAnswer(`${method} / HTTP/1.1\r\nhost: a\r\n\r\n`)
    expect(answer).toMatch(/^HTTP\/1\.1 501 Not Implemented\r\n/)
    expect(answer).toMatch(/\{"error":".+","code":"[A-Za-z0-9]{32}"\}$/)
  })

  it('is 501 when nobody knows its method, behind another one on the same connection, too', async () => {
    const known = 'GET /ping HTTP/1.1\r\nhost: a\r\n\r\n'
    const answer = await rawAnswer(`${known}BREW / HTTP/1.1\r\nhost: a\r\n\r\n`)
    expect(answer).toMatch(/HTTP\/1\.1 501 Not Implemented\r\n/)
  })

  it('needs no Host in HTTP/1.0', async () => {
    expect(await rawAnswer('GET /ping HTTP/1.0\r\n\r\n')).toMatch(/^HTTP\/1\.1 200 /)
  })
})

describe('a request that is too large', () => {
  it('is refused by the length it announces, without being read', async () => {
    const { hostname, port } = new URL(server().url)
    const socket = connect(Number(port), hostname)
    let answer = ''
    socket.setEncoding('utf8').on('data', (text: string) => (answer += text))
    socket.write(
      `PUT /api/v1/namespaces/_/actions/big HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n` +
        `authorization: Basic ${Buffer.from(server().key).toString('base64')}\r\ncontent-length: 60000000\r\n\r\n{`,
    )
    await once(socket, 'close')
    expect(answer).toMatch(/^HTTP\/1\.1 413 /)
  })

  it('is refused when arguments, parameters or code exceed their limit', async () => {
    await putAction(server(), 'small', CODE)
    const big = 'x'.repeat(MB)
    const invoked = await call(server(), 'POST', 'actions/small', { body: { big } })
    expect(refusal(invoked)).toEqual([413, 'Request larger than allowed: 1048586 > 1048576 bytes.'])
    const exec = { kind: 'nodejs:20', code: CODE }
    expect(await put({ exec, parameters: [{ key: 'k', value: big }] })).toEqual([
      413,
      'parameters larger than allowed: 1048579 > 1048576 bytes.',
    ])
    expect(await put({ exec: { kind: 'nodejs:20', code: `${big}${big}x` } })).toEqual([
      413,
      'exec larger than allowed: 2097153 > 2097152 bytes.',
    ])
  })

  it('is refused when its path is', async () => {
    const { status } = await call(server(), 'GET', `actions/${'x'.repeat(9000)}`)
    expect(status).toBe(414)
  })
})

describe('credentials', () => {
  const list = async (headers: Record<string, string>): Promise<[number, unknown]> =>
    refusal(await call(server(), 'GET', 'actions', { auth: null, headers }))
  const basic = (text: string): Record<string, string> => ({
    authorization: `Basic ${Buffer.from(text).toString('base64')}`,
  })

  it('are asked for when there are none or none can be read', async () => {
    const missing = [401, 'The resource requires authentication, which was not supplied with the request']
    expect(await list({})).toEqual(missing)
    expect(await list({ authorization: '' })).toEqual(missing)
    expect(await list({ authorization: 'Basic' })).toEqual(missing)
    expect(await list({ authorization: 'Basic ????' })).toEqual(missing)
    expect(await list({ authorization: `Bearer ${server().key}` })).toEqual(missing)
  })

  it('are refused alike, whatever is wrong with them', async () => {
    const [uuid = '', key = ''] = server().key.split(':')
    const invalid = [401, 'The supplied authentication is invalid']
    expect(await list(basic(`${uuid}:${key.toLowerCase()}`))).toEqual(invalid)
    expect(await list(basic(`${uuid}:${key}x`))).toEqual(invalid)
    expect(await list(basic(`${uuid}:`))).toEqual(invalid)
    expect(await list(basic(`:${key}`))).toEqual(invalid)
    expect(await list(basic(`guest:${key}`))).toEqual(invalid)
    expect(await list(basic(uuid))).toEqual(invalid)
    expect(await list(basic(`${'u'.repeat(5000)}:${key}`))).toEqual(invalid)
  })

  it('of one namespace do not open another', async () => {
    const { status } = await call(server(), 'GET', '/api/v1/namespaces/someone/actions')
    expect(status).toBe(403)
  })
})

describe('names', () => {
  const NAME = 'The name of the entity contains illegal characters.'
  const body = { exec: { kind: 'nodejs:20', code: CODE } }

  it.each([
    '%20',
    '%20x',
    'x%20',
    'a%2Fb',
    'a$b',
    'a+b',
    'a%3Fb',
    'a%7Cb',
    '-x',
    '.x',
    '@x',
    '%C3%A4',
    'a%00b',
    'a%0Ab',
    '%F0%9F%8C%B1',
  ])('are refused when they have a shape that none may have: %s', async (name) =>
    expect(await put(body, name)).toEqual([400, NAME]),
  )

  it('are refused when they are too long', async () => {
    expect(await put(body, 'x'.repeat(257))).toEqual([400, 'Name segement longer than allowed: 257 > 256.'])
  })

  it('are refused when they cannot be decoded, lead nowhere, or name no entity', async () => {
    for (const name of ['%', '%zz', '%C3%28']) expect((await put(body, name))[0]).toBe(400)
    expect((await put(body, ''))[0]).toBe(404)
    expect((await put(body, 'a/b/c'))[0]).toBe(404)
  })

  it('of namespaces are checked too', async () => {
    const answer = await call(server(), 'GET', '/api/v1/namespaces/a$b/actions')
    expect(refusal(answer)).toEqual([400, 'The namespace contains illegal characters.'])
  })

  it('may be as odd as the rules allow', async () => {
    const name = 'A_1 @.&-z'
    expect((await call(server(), 'PUT', `actions/${encodeURIComponent(name)}`, { body })).json['name']).toBe(name)
    expect((await call(server(), 'DELETE', `actions/${encodeURIComponent(name)}`)).status).toBe(200)
  })
})

describe('an action that cannot be', () => {
  const malformed = (detail: string): [number, string] => [400, `The request content was malformed:\n${detail}`]

  it('is refused with the reason', async () => {
    expect(await put({})).toEqual([400, 'exec undefined'])
    expect(await put({ exec: { code: CODE } })).toEqual(malformed(`'kind' must be a string defined in 'exec'`))
    const listed = `The specified runtime 'cobol:60' is not supported by this platform. Valid values are: 'nodejs:18', 'nodejs:20'`
    const [status, text] = await put({ exec: { kind: 'cobol:60', code: CODE } })
    expect(String(text)).toMatch(/, 'sequence', 'blackbox'\.$/)
    expect([status, String(text).slice(0, malformed(listed)[1].length)]).toEqual(malformed(listed))
    expect(await put({ exec: { kind: 'nodejs:20' } })).toEqual(
      malformed(`'code' must be a string or attachment object defined in 'exec' for 'nodejs:20' actions`),
    )
    expect(await put({ exec: { kind: 'nodejs:20', code: CODE }, parameters: { a: 1 } })).toEqual(
      malformed('parameters malformed!'),
    )
  })

  it.each([
    [{ memory: 64 }, 'requirement failed: memory size 64 MB below allowed threshold of 128 MB'],
    [{ memory: 4096 }, 'requirement failed: memory size 4096 MB exceeds allowed threshold of 512 MB'],
    [{ timeout: 1 }, 'requirement failed: duration 1 milliseconds below allowed threshold of 100 milliseconds'],
    [
      { timeout: 300_001 },
      'requirement failed: duration 300001 milliseconds exceeds allowed threshold of 300000 milliseconds',
    ],
    [{ logs: 11 }, 'requirement failed: log size 11 MB exceeds allowed threshold of 10 MB'],
    [{ concurrency: 2 }, 'requirement failed: concurrency 2 exceeds allowed threshold of 1'],
    [{ memory: 256.5 }, 'The request content was malformed:\nrequirement failed: memory limit must be whole number'],
    [{ timeout: 'soon' }, 'The request content was malformed:\ntime limit malformed'],
  ])('is refused when a limit is out of range: %j', async (limits, error) => {
    expect(await put({ exec: { kind: 'nodejs:20', code: CODE }, limits })).toEqual([400, error])
  })
})

describe('a client that leaves while its action runs', () => {
  it('finds the activation afterwards', async () => {
    await putAction(server(), 'slow', 'const main = () => new Promise((r) => setTimeout(() => r({ done: 1 }), 300))')
    const leaving = new AbortController()
    const invocation = call(server(), 'POST', 'actions/slow?blocking=true', { body: {}, signal: leaving.signal })
    invocation.catch(() => undefined)
    await eventually('the invocation to be in flight', async () => {
      const { text } = await call(server(), 'GET', '/activation/count', { auth: null })
      return text === '1'
    })
    leaving.abort()
    await expect(invocation).rejects.toThrow('abort')
    await eventually('its record', async () => {
      const { text } = await call(server(), 'GET', 'activations?name=slow&docs=true')
      return text.includes('"result":{"done":1}')
    })
  })
})
