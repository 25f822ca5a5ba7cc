import { copyFileSync, readFileSync } from 'node:fs'
import { connect } from 'node:http2'
import { request } from 'node:https'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { eventually } from '../../../test/eventually.ts'
import { freePort } from '../../../test/free-port.ts'
import { SpawnedServer, TestFolder, type SpawnOptions } from './harness/spawned-server.ts'

const pem = (name: string): string => fileURLToPath(new URL(`../../../test/tls/${name}.pem`, import.meta.url))
const ca = ['certificate', 'renewed-certificate'].map((name) => readFileSync(pem(name)))
let folder: TestFolder

beforeEach(() => {
  folder = new TestFolder()
  copyFileSync(pem('certificate'), folder.join('cert.pem'))
  copyFileSync(pem('key'), folder.join('key.pem'))
})
// Fails when a process is left.
afterEach(() => folder.remove())

/** Relative to the configuration file. */
const tls = { cert: 'cert.pem', key: 'key.pem' }

interface Reply {
  readonly status: number
  readonly link: string | undefined
  readonly text: string
}

function ask(url: string, options: { method?: string; auth?: string; body?: object } = {}): Promise<Reply> {
  const { method = 'GET', auth, body } = options
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json' }
    const sent = request(url, { method, ca, headers, ...(auth && { auth }) }, (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, link: response.headers.link as string | undefined, text }),
      )
    })
    sent.on('error', reject)
    sent.end(body && JSON.stringify(body))
  })
}

/** Over HTTP/2. */
function ask2(url: string): Promise<{ readonly status: number; readonly text: string }> {
  const { origin, pathname } = new URL(url)
  const session = connect(origin, { ca })
  return new Promise((resolve, reject) => {
    let [status, text] = [0, '']
    session.on('error', reject)
    const stream = session.request({ ':path': pathname })
    stream.on('response', (headers) => (status = headers[':status'] ?? 0))
    stream.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
    stream.on('end', () => session.close(() => resolve({ status, text })))
  })
}

async function refusal(options: SpawnOptions): Promise<string> {
  const server = new SpawnedServer(folder, options)
  expect(await server.exited).toEqual({ code: 1, signal: null })
  expect(server.stdout).not.toContain('ready')
  expect(server.stderr).toMatch(/^stemcell: [^\n]+\n$/)
  return server.stderr
}

describe('a server with TLS', () => {
  it('announces https everywhere, serves both versions of HTTP, its APIs too, and takes renewed files', async () => {
    const redirectPort = await freePort()
    const port = await freePort()
    const server = await SpawnedServer.start(folder, {
      config: { tls: { ...tls, redirectPort }, gateway: { port: 0 } },
      args: ['--port', String(port)],
    })
    const { url, key } = server
    expect(url).toBe(`https://127.0.0.1:${port}`)
    expect(readFileSync(`${server.data}/.wskprops`, 'utf8')).toContain(`APIHOST=${url}\n`)
    const apis = /APIs\s+(\S+)/.exec(server.stdout)?.[1] ?? ''
    expect(apis).toMatch(/^https:/)
    const { link } = await ask(`${url}/`)
    expect(link).toBe(`<${apis}>; rel="service"; title="API gateway"`)
    expect(await ask2(`${url}/ping`)).toEqual({ status: 200, text: 'pong' })

    const action = {
      exec: { kind: 'nodejs:default', code: 'function main() { return { host: process.env.__OW_API_HOST } }' },
      annotations: [{ key: 'web-export', value: true }],
    }
    const put = { method: 'PUT', auth: key, body: action }
    expect((await ask(`${url}/api/v1/namespaces/_/actions/where`, put)).status).toBe(200)
    const run = { method: 'POST', auth: key, body: {} }
    const { text } = await ask(`${url}/api/v1/namespaces/_/actions/where?blocking=true&result=true`, run)
    expect(JSON.parse(text)).toEqual({ host: url })

    const apidoc = {
      namespace: '_',
      gatewayBasePath: '/w',
      gatewayPath: '/here',
      gatewayMethod: 'GET',
      id: 'API:_:/w',
      action: {
        name: 'where',
        namespace: '_',
        authkey: key,
        backendMethod: 'GET',
        backendUrl: `${url}/api/v1/web/_/default/where.http`,
      },
    }
    const [uuid] = key.split(':')
    const create = `${url}/api/v1/web/whisk.system/apimgmt/createApi.http?accesstoken=x&responsetype=json&spaceguid=${uuid}`
    const created = await ask(create, { method: 'POST', auth: key, body: { apidoc } })
    expect((JSON.parse(created.text) as { gwApiUrl: string }).gwApiUrl).toBe(`${apis}/api/guest/w`)
    for (const { status, text } of [await ask(`${apis}/api/guest/w/here`), await ask2(`${apis}/api/guest/w/here`)]) {
      expect([status, JSON.parse(text)]).toEqual([200, { host: url }])
    }

    const plain = await fetch(`http://127.0.0.1:${redirectPort}/ping`, { redirect: 'manual' })
    expect([plain.status, plain.headers.get('location')]).toEqual([308, `${url}/ping`])

    copyFileSync(pem('renewed-certificate'), folder.join('cert.pem'))
    copyFileSync(pem('renewed-key'), folder.join('key.pem'))
    // Of the API, and of the gateway.
    await eventually(
      () => server.output,
      () => server.stdout.split('"msg":"the certificate was renewed"').length === 3,
    )
    expect((await ask2(`${url}/ping`)).text).toBe('pong')
    expect(await server.stop()).toEqual({ code: 0, signal: null })
  })

  it('does not start with a certificate that does not fit its key, and names both', async () => {
    copyFileSync(pem('renewed-key'), folder.join('key.pem'))
    const port = await freePort()
    const said = await refusal({ config: { tls }, args: ['--port', String(port)] })
    expect(said).toContain(
      `tls.key: ${folder.join('key.pem')} is not the key of the certificate ${folder.join('cert.pem')}`,
    )
    await expect(ask(`https://127.0.0.1:${port}/ping`)).rejects.toMatchObject({ code: 'ECONNREFUSED' })
  })
})

describe('a server that others than this machine reach', () => {
  it.each([
    ['by its host', { args: ['--host', '0.0.0.0'] }, 'host: other machines reach 0.0.0.0, without encryption'],
    ['by that of its gateway', { config: { gateway: { host: '::' } } }, 'gateway.host: other machines reach ::'],
  ])('%s, does not start without TLS', async (_, options, message) => {
    const said = await refusal(options)
    expect(said).toContain(message)
    expect(said).toContain('name tls.cert and tls.key, or say --insecure')
  })

  it('starts with TLS', async () => {
    const server = await SpawnedServer.start(folder, { args: ['--host', '0.0.0.0'], config: { tls } })
    expect((await ask2(`${server.url}/ping`)).text).toBe('pong')
    expect(server.stdout).not.toContain('without encryption')
    await server.stop()
  })

  it('starts without when the operator says so, and warns', async () => {
    const server = await SpawnedServer.start(folder, { args: ['--host', '0.0.0.0', '--insecure'] })
    expect(await (await fetch(`${server.url}/ping`)).text()).toBe('pong')
    expect(server.stdout).toContain(
      '"msg":"reachable from other machines without encryption: put a TLS proxy in front"',
    )
    await server.stop()
  })
})
