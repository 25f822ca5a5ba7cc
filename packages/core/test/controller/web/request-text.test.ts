import { connect } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { decoderOf } from '../../../src/controller/web/charset.ts'
import { ACTIONS, ApiClient } from '../api-client.ts'
import { ScriptedActivator } from '../scripted-activator.ts'
import { basicAuth, OWNER, TestController } from '../test-controller.ts'

describe('the text of a request', () => {
  let controller: TestController | undefined
  afterEach(() => controller?.stop())

  it('is told to the actions of a trigger in the letters that its headers were sent in', async () => {
    const activator = new ScriptedActivator()
    controller = await TestController.start({ activator })
    const api = new ApiClient(controller)
    await api.putAction('a')
    await api.send('PUT', '/api/v1/namespaces/_/triggers/t', {})
    await api.send('PUT', '/api/v1/namespaces/_/rules/r', { trigger: '/_/t', action: '/_/a' })
    const sent = { 'x-utf-8': Buffer.from('né €').toString('latin1'), 'x-latin-1': 'né' }
    const { status } = await api.send('POST', '/api/v1/namespaces/_/triggers/t', undefined, sent)
    expect(status).toBe(202)
    const told = activator.last.payload?.value as { readonly __ow_headers: object }
    expect(told.__ow_headers).toMatchObject({ 'x-utf-8': 'né €', 'x-latin-1': 'né' })
  })

  it('reaches a web action in the order in which it was written, its body as it stands there', async () => {
    const activator = new ScriptedActivator()
    controller = await TestController.start({ activator })
    const api = new ApiClient(controller)
    await api.putAction('a', { annotations: [{ key: 'web-export', value: true }] })
    const url = `${controller.baseUrl}/api/v1/web/owner/default/a/x%22?b=1&1=%22%5C&c=no`
    const headers = { 'content-type': 'application/json', 'x-1': '"', accept: '*/*' }
    await fetch(url, { method: 'POST', headers, body: ' { "c" : 1.50,"d":"\\u00e9" }\n' })
    const { text, value } = activator.last.payload ?? {}
    expect(text).toMatch(/^\{"__ow_method":"post","__ow_headers":\{.*"x-1":"\\""/)
    expect(text).toMatch(/\},"__ow_path":"\/x%22","b":"1","1":"\\"\\\\", "c" : 1\.50,"d":"\\u00e9" \}\n$/)
    expect(value).toMatchObject({ __ow_method: 'post', __ow_path: '/x%22', b: '1', 1: '"\\', d: 'é' })
  })

  it('opens what its secret in UTF-8 opens', async () => {
    controller = await TestController.start()
    const api = new ApiClient(controller)
    const annotations = [
      { key: 'web-export', value: true },
      { key: 'require-whisk-auth', value: 'pássword €' },
    ]
    await api.putAction('a', { annotations })
    const secret = { 'x-require-whisk-auth': Buffer.from('pássword €').toString('latin1') }
    expect((await api.send('GET', '/api/v1/web/owner/default/a.json', undefined, secret)).status).toBe(200)
    expect((await api.send('GET', '/api/v1/web/owner/default/a.json')).status).toBe(401)
  })

  it('is replaced in the queries of the API, too, where it is no UTF-8', async () => {
    controller = await TestController.start()
    const api = new ApiClient(controller)
    expect((await api.send('GET', `${ACTIONS}?other=%E9`)).status).toBe(200)
    expect((await api.send('GET', `${ACTIONS}?limit=%E9`)).text).toContain("The value '\ufffd' is not an integer")
    expect((await api.send('GET', `${ACTIONS}?other=%ZZ`)).status).toBe(400)
  })

  it('hides no credentials and no length behind thousands of headers; beyond 64 kB it is 431', async () => {
    const activator = new ScriptedActivator()
    const running = await TestController.start({ activator })
    controller = running
    await new ApiClient(running).putAction('a')
    const send = (headers: number): Promise<string> =>
      new Promise((resolve, reject) => {
        const socket = connect(running.port, '127.0.0.1')
        let answer = ''
        socket.setEncoding('latin1')
        socket.on('data', (data: string) => (answer += data))
        socket.on('close', () => resolve(answer))
        socket.on('error', reject)
        const many = Array.from({ length: headers }, (_, index) => `x${index}: 1\r\n`).join('')
        const last = `authorization: ${basicAuth(OWNER)}\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length: 7\r\n\r\n{"a":1}`
        socket.write(`POST ${ACTIONS}/a HTTP/1.1\r\nhost: x\r\n${many}${last}`)
      })
    expect(await send(4000)).toMatch(/^HTTP\/1\.1 202 /)
    expect(activator.last.payload?.value).toEqual({ a: 1 })
    const refusal = await send(20_000)
    expect(refusal).toMatch(/^HTTP\/1\.1 431 /)
    expect(refusal).toContain('"error":"The server is unwilling to process the request because')
  })
})

describe('a charset', () => {
  const bytes = Buffer.from([0x61, 0x80, 0x9f, 0xe9])
  for (const [charset, text] of [
    [undefined, 'a\ufffd\ufffd\ufffd'],
    ['UTF-8', 'a\ufffd\ufffd\ufffd'],
    ['ISO-8859-1', 'a\u0080\u009fé'],
    ['Windows-1252', 'a€Ÿé'],
    ['iso-8859-15', 'a\u0080\u009fé'],
    ['klingon', undefined],
    ['', undefined],
  ] as const) {
    it(`named ${charset} is ${text === undefined ? 'none' : 'decoded'}`, () => {
      expect(decoderOf(charset)?.(bytes)).toBe(text)
    })
  }
})
