import { readFileSync } from 'node:fs'
import { RestPlatform, sendRequest } from '@stemcell/conformance/rest'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { PLUGIN_OPTIONS, PluginConnection, pluginRequest, type PluginConfig } from './plugin-requests.ts'

interface Route {
  readonly name: string
  readonly plugins: readonly { readonly name: string; readonly config: PluginConfig }[]
}

const declared = parse(readFileSync(new URL('../kong.yaml', import.meta.url), 'utf8')) as {
  readonly services: readonly { readonly routes: readonly Route[] }[]
}
const routes = declared.services.flatMap((service) => service.routes)

let platform: RestPlatform
let connection: PluginConnection

beforeAll(async () => {
  platform = await RestPlatform.start()
  const { hostname, port } = new URL(platform.baseUrl)
  connection = new PluginConnection(hostname, Number(port))
  await put('hello', 'function main({ name = "World" }) { return { payload: "Hello, " + name + "!" } }')
  await put('fails', 'function main() { return { error: "it went wrong" } }')
  await put('slow', 'function main() { return new Promise((done) => setTimeout(() => done({ late: true }), 1500)) }')
})
afterAll(async () => {
  connection.close()
  await platform.close()
})

async function put(name: string, code: string): Promise<void> {
  const authorization = `Basic ${Buffer.from(platform.owner.auth).toString('base64')}`
  const { status } = await sendRequest(platform.baseUrl, {
    method: 'PUT',
    path: `/api/v1/namespaces/_/actions/${name}`,
    headers: { authorization, 'content-type': 'application/json' },
    body: JSON.stringify({ exec: { kind: 'nodejs:20', code } }),
  })
  expect(status).toBe(200)
}

/** The configuration of a route, for the platform of this test. */
function configOf(name: string, other: Partial<PluginConfig> = {}): PluginConfig {
  const { config } = routes.find((route) => route.name === name)!.plugins[0]!
  const { hostname, port } = new URL(platform.baseUrl)
  return { ...config, host: hostname, port: Number(port), service_token: platform.owner.auth, ...other }
}

describe('the configuration of Kong', () => {
  it('has only options that the plug-in has, with values of their types', () => {
    for (const { plugins } of routes) {
      for (const { name, config } of plugins) {
        expect(name).toBe('openwhisk')
        for (const [option, value] of Object.entries(config)) expect(typeof value, option).toBe(PLUGIN_OPTIONS[option])
        for (const required of ['host', 'path', 'action']) expect(config).toHaveProperty(required)
      }
    }
  })
})

describe('what the plug-in sends', () => {
  it('is answered with the result of the action, over one connection', async () => {
    // Without parameters a table of Lua is an empty object.
    for (const [parameters, name] of [
      [{}, 'World'],
      [{ name: 'bar' }, 'bar'],
      [{ name: 'föö' }, 'föö'],
    ] as const) {
      const { status, headers, body } = await connection.send(pluginRequest(configOf('hello'), parameters))
      expect([status, body]).toEqual([200, JSON.stringify({ payload: `Hello, ${name}!` })])
      expect(headers.get('content-type')).toBe('application/json')
      expect(headers.get('connection')).not.toBe('close')
    }
  })

  it('is answered with the record where it asks for that', async () => {
    const { status, body } = await connection.send(pluginRequest(configOf('hello-record'), { name: 'foo' }))
    expect(status).toBe(200)
    expect(JSON.parse(body)).toMatchObject({
      name: 'hello',
      namespace: platform.owner.namespace,
      activationId: expect.stringMatching(/^[0-9a-f]{32}$/) as string,
      response: { result: { payload: 'Hello, foo!' }, success: true, status: 'success' },
      logs: [],
    })
  })

  it('tells its client of an action that failed, of one that is missing, and of a key that is wrong', async () => {
    const failed = await connection.send(pluginRequest(configOf('hello', { action: 'fails' }), {}))
    expect([failed.status, failed.body]).toEqual([502, '{"error":"it went wrong"}'])
    const missing = await connection.send(pluginRequest(configOf('hello', { action: 'missing' }), {}))
    expect(missing.status).toBe(404)
    const wrong = configOf('hello', { service_token: `${platform.owner.auth.slice(0, -1)}-` })
    expect((await connection.send(pluginRequest(wrong, {}))).status).toBe(401)
    const { service_token: _, ...keyless } = configOf('hello')
    expect((await connection.send(pluginRequest(keyless, {}))).status).toBe(401)
  })

  it('gets the id of an activation that takes longer than its timeout, which goes on', async () => {
    const config = configOf('hello', { action: 'slow', timeout: 100 })
    const { status, body } = await connection.send(pluginRequest(config, {}))
    expect(status).toBe(202)
    expect(JSON.parse(body)).toEqual({ activationId: expect.stringMatching(/^[0-9a-f]{32}$/) as string })
  })

  it('finds an action of a package as well', async () => {
    const authorization = `Basic ${Buffer.from(platform.owner.auth).toString('base64')}`
    const headers = { authorization, 'content-type': 'application/json' }
    const path = '/api/v1/namespaces/_/packages/shop'
    expect((await sendRequest(platform.baseUrl, { method: 'PUT', path, headers, body: '{}' })).status).toBe(200)
    await put('shop/hello', 'function main({ name }) { return { shop: name } }')
    const config = configOf('hello', { action: 'shop/hello' })
    expect((await connection.send(pluginRequest(config, { name: 'x' }))).body).toBe('{"shop":"x"}')
  })
})
