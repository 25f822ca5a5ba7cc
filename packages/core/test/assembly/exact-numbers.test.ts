import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { eventually } from '@stemcell/conformance'
import { sendRequest, type RawResponse } from '@stemcell/conformance/rest'
import { assemble } from '../../src/assembly/assemble.ts'
import type { Platform } from '../../src/assembly/platform.ts'
import { staticAuth } from '../../src/auth/static-auth.ts'
import { simulatedContainers, type SimulatedCall } from '../../src/container/simulated-containers.ts'
import { MemoryQueue } from '../../src/queue/memory-queue.ts'
import { bytesBody } from '../../src/queue/message-body.ts'
import type { MessageBody } from '../../src/queue/queue.ts'

/** What JavaScript would change; the action echoes its arguments as a runtime does that changes nothing. */
const NUMBERS = '[9007199254740993,2.0,1E400,-0,1.10,0.1234567890123456789]'
const EXACT = `"x":${NUMBERS}`
const PATIENCE = { uniqueName: 'exact-numbers', patienceMs: 10_000 }
const API = '/api/v1/namespaces/_'

/** Every message crosses a border between processes. */
class RemoteQueue extends MemoryQueue {
  override publish(topic: string, body: MessageBody, ...rest: []): ReturnType<MemoryQueue['publish']> {
    return super.publish(topic, bytesBody(Uint8Array.from(body.bytes())), ...rest)
  }
}

/** `/ns/conductor` says what is next as its arguments do; any other action answers with its arguments. */
function run({ body }: SimulatedCall): { readonly body: string } {
  const [, args = '', name] = /^\{"value":(.*),"namespace":.*"action_name":"([^"]*)"/s.exec(body) ?? []
  if (name !== '/me/conductor') return { body: args }
  if (args.includes('"round":2')) return { body: `{"params":${args}}` }
  return { body: `{"action":"echo","params":${args},"state":{"round":2,"s":${NUMBERS}}}` }
}

describe.each([
  ['in one process', undefined],
  ['over a queue between processes', new RemoteQueue()],
])('numbers are as they were written, %s', (_where, queue) => {
  const auth = `me-uuid:${randomBytes(32).toString('hex')}`
  const inits: string[] = []
  let platform: Platform
  let url: string

  beforeAll(async () => {
    platform = await assemble({
      containers: simulatedContainers({
        behaviour: {
          init: ({ body }) => {
            inits.push(body)
            return {}
          },
          run,
        },
      }),
      auth: staticAuth([{ namespace: 'me', auth }]),
      parameterEncryption: { current: 'aes-256', keys: { 'aes-256': [randomBytes(32).toString('base64')] } },
      ...(queue ? { queue } : {}),
    })
    ;({ url } = await platform.listen({ port: 0 }))
    await put('actions/echo', EXEC)
  })
  afterAll(() => platform.close())

  const EXEC = '{"exec":{"kind":"nodejs:20","code":"x"},"annotations":[{"key":"web-export","value":true}]}'

  async function send(method: string, path: string, body?: string): Promise<RawResponse> {
    const response = await sendRequest(url, {
      method,
      path,
      headers: {
        authorization: `Basic ${Buffer.from(auth).toString('base64')}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body }),
    })
    expect(response.status, `${method} ${path}: ${response.text}`).toBeLessThan(300)
    return response
  }
  const put = async (path: string, body: string): Promise<string> => (await send('PUT', `${API}/${path}`, body)).text
  const get = async (path: string): Promise<string> => (await send('GET', `${API}/${path}`)).text
  const invoke = async (path: string, body: string): Promise<string> =>
    (await send('POST', `${API}/actions/${path}?blocking=true&result=true`, body)).text

  async function recordOf(id: string): Promise<string> {
    let text = ''
    await eventually('the record', PATIENCE, async () => {
      const listed = JSON.parse(await get('activations?limit=200')) as { activationId: string }[]
      if (!listed.some(({ activationId }) => activationId === id)) return false
      text = await get(`activations/${id}`)
      return true
    })
    return text
  }

  it('in the arguments of a request, its result, the record, and the listing', async () => {
    const sent = `{${EXACT},"deep":{"__proto__":[2.0]}}`
    expect(await invoke('echo', sent)).toBe(sent)
    const { text, headers } = await send('POST', `${API}/actions/echo?blocking=true`, sent)
    expect(text).toContain(sent)
    const id = headers['x-openwhisk-activation-id'] ?? ''
    expect(await recordOf(id)).toContain(sent)
    expect(await get(`activations/${id}/result`)).toContain(sent)
    expect(await get('activations?docs=true')).toContain(sent)
  })

  it('in parameters of package, binding, and action, encrypted or not, merged with those of a request', async () => {
    const parameter = (key: string, more = ''): string => `{"key":"${key}","value":${NUMBERS}${more}}`
    await put('packages/pkg', `{"parameters":[${parameter('p')}]}`)
    await put('packages/bound', `{"binding":{"namespace":"me","name":"pkg"},"parameters":[${parameter('b')}]}`)
    const action = EXEC.replace('}', `},"parameters":[${parameter('a')},${parameter('e', ',"init":true')}]`)
    await put('actions/pkg/echo', action)
    expect(await invoke('bound/echo', `{"r":${NUMBERS}}`)).toBe(
      `{"p":${NUMBERS},"b":${NUMBERS},"a":${NUMBERS},"r":${NUMBERS}}`,
    )
    const env = (JSON.parse(inits.at(-1)!) as { value: { env: Record<string, string> } }).value.env
    expect(env['e']).toBe(NUMBERS)
  })

  it('in annotations, and parameters of triggers, as they are read and listed', async () => {
    const value = `"value":{${EXACT}}`
    const body = `{"annotations":[{"key":"n",${value}}],"parameters":[{"key":"n",${value}}]}`
    for (const collection of ['triggers', 'packages']) {
      const written = await put(`${collection}/noted-${collection}`, body)
      expect(written).toContain(`"annotations":[{"key":"n",${value}}]`)
      expect(await get(`${collection}/noted-${collection}`)).toContain(`"annotations":[{"key":"n",${value}}]`)
      expect(await get(collection)).toContain(value)
    }
    await put('triggers/noted-triggers?overwrite=true', '{"publish":true}')
    expect((await get('triggers/noted-triggers')).split(value)).toHaveLength(3)
  })

  it('but for those that the platform reads, which may be written in any form', async () => {
    const body = EXEC.replace('}', '},"limits":{"timeout":60000.0,"memory":2.56e2,"concurrency":10e-1}')
    const { limits } = JSON.parse(await put('actions/limited', body)) as { limits: object }
    expect(limits).toMatchObject({ timeout: 60_000, memory: 256, concurrency: 1 })
    expect(await get('actions/limited')).toContain('"timeout":60000,"memory":256,')
    expect(await invoke('limited', '{}')).toBe('{}')
  })

  it('from one component of a sequence to the next', async () => {
    await put('actions/twice', '{"exec":{"kind":"sequence","components":["/_/echo","/_/echo"]}}')
    expect(await invoke('twice', `{${EXACT}}`)).toBe(`{${EXACT}}`)
  })

  it('in what a conductor passes on and keeps', async () => {
    const conductor = EXEC.replace('"web-export"', '"conductor"')
    await put('actions/conductor', conductor)
    expect(await invoke('conductor', `{${EXACT}}`)).toBe(`{${EXACT},"round":2,"s":${NUMBERS}}`)
  })

  it('in what fires a trigger, and in what its rules fire', async () => {
    await put('triggers/t', `{"parameters":[{"key":"d","value":${NUMBERS}}]}`)
    await put('rules/r', '{"trigger":"/_/t","action":"/_/echo"}')
    const { text } = await send('POST', `${API}/triggers/t`, `{${EXACT}}`)
    const { activationId } = JSON.parse(text) as { activationId: string }
    const record = await recordOf(activationId)
    expect(record).toContain(EXACT)
    const [line = ''] = (JSON.parse(record) as { logs: string[] }).logs
    const fired = await recordOf((JSON.parse(line) as { activationId: string }).activationId)
    expect(fired).toContain(EXACT)
    expect(fired).toContain(`"d":${NUMBERS}`)
  })

  describe('in answers of web actions', () => {
    const web = (extension: string, body: string): Promise<RawResponse> =>
      send('POST', `/api/v1/web/me/default/echo.${extension}`, body)

    it('as JSON', async () => {
      expect((await web('json', `{${EXACT}}`)).text.replaceAll(/\s/g, '')).toContain(EXACT)
    })

    it('as a whole response, whose status may be any form of a whole number', async () => {
      const { status, headers, text } = await web(
        'http',
        `{"statusCode":2.02e2,"headers":{"x-number":1.10,"x-list":[2.0,3]},"body":{${EXACT}}}`,
      )
      expect([status, headers['x-number'], headers['x-list']]).toEqual([202, '1.10', '2.0,3'])
      expect(text.replaceAll(/\s/g, '')).toBe(`{${EXACT}}`)
    })

    it('as text', async () => {
      expect((await web('text', '{"text":-0}')).text).toBe('-0')
    })
  })
})
