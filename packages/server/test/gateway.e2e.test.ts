import { createServer } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { call } from './harness/api.ts'
import { SpawnedServer, TestFolder } from './harness/spawned-server.ts'

const APIMGMT = '/api/v1/web/whisk.system/apimgmt'
let folder: TestFolder

beforeEach(() => {
  folder = new TestFolder()
})
// Fails when a process is left.
afterEach(() => folder.remove())

/** What `wsk api create /hello /world get hello --response-type json` sends. Answers with the address of the API. */
async function createApi(server: SpawnedServer): Promise<string> {
  await call(server, 'PUT', '/api/v1/namespaces/_/actions/hello', {
    body: {
      exec: { kind: 'nodejs:default', code: 'function main({ name }) { return { greeting: `Hello, ${name}!` } }' },
      annotations: [{ key: 'web-export', value: true }],
    },
  })
  const path = `${APIMGMT}/createApi.http?accesstoken=DUMMY+TOKEN&responsetype=json&spaceguid=${server.key.split(':')[0]}`
  const { status, json } = await call(server, 'POST', path, {
    body: {
      apidoc: {
        namespace: '_',
        gatewayBasePath: '/hello',
        gatewayPath: '/world',
        gatewayMethod: 'GET',
        id: 'API:_:/hello',
        action: {
          name: 'hello',
          namespace: '_',
          backendMethod: 'GET',
          backendUrl: `https://${new URL(server.url).host}/api/v1/web/_/default/hello.http`,
          authkey: server.key,
        },
      },
    },
  })
  expect(status).toBe(200)
  return (json as unknown as { gwApiUrl: string }).gwApiUrl
}

async function greeted(url: string): Promise<unknown> {
  const response = await fetch(`${url}/world?name=you`)
  expect(response.status).toBe(200)
  return response.json()
}

describe('the gateway of a server', () => {
  it('is there with no configuration, says where, and serves what is created, also after a restart', async () => {
    const server = await SpawnedServer.start(folder)
    const url = await createApi(server)
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/api\/guest\/hello$/)
    expect(server.stdout).toContain(`APIs        ${new URL(url).origin}\n`)
    expect(await greeted(url)).toEqual({ greeting: 'Hello, you!' })
    expect(await server.stop()).toEqual({ code: 0, signal: null })

    const again = await SpawnedServer.start(folder)
    const { json } = await call(again, 'GET', `${APIMGMT}/getApi.http?accesstoken=x&basepath=/hello`)
    const { apis } = json as unknown as { apis: { value: { gwApiUrl: string } }[] }
    expect(await greeted(apis[0]!.value.gwApiUrl)).toEqual({ greeting: 'Hello, you!' })
    expect(await again.stop()).toEqual({ code: 0, signal: null })
  })

  it('is where the configuration wants it', async () => {
    const hosts = { 'api.example': 'guest' }
    const gateway = { port: 0, url: 'https://apis.example', hosts }
    const server = await SpawnedServer.start(folder, { config: { gateway } })
    expect(await createApi(server)).toBe('https://apis.example/api/guest/hello')
    expect(server.stdout).toContain('APIs        https://apis.example\n')
    expect(await server.stop()).toEqual({ code: 0, signal: null })
  })

  it('is not there when it is not wanted', async () => {
    const server = await SpawnedServer.start(folder, { config: { gateway: false } })
    expect((await call(server, 'GET', `${APIMGMT}/getApi.http`)).status).toBe(404)
    expect(server.stdout).not.toContain('APIs')
    expect(await server.stop()).toEqual({ code: 0, signal: null })
  })

  it('is refused on a port that is taken, unless that is only the usual one', async () => {
    const taken = createServer().listen(0, '127.0.0.1')
    await new Promise((resolve) => taken.once('listening', resolve))
    const { port } = taken.address() as { port: number }
    const server = new SpawnedServer(folder, { config: { gateway: { port } } })
    expect(await server.exited).toMatchObject({ code: 1 })
    expect(server.stderr).toContain(`gateway: 127.0.0.1:${port} is in use; choose another with gateway.port`)
    taken.close()
  })

  it.each([
    [{ port: -1 }, 'gateway'],
    [{ prot: 1 }, 'gateway'],
    [{ url: 'ftp://x' }, 'gateway'],
    [true, 'gateway'],
  ])('is refused before anything starts when it is %j', async (gateway, message) => {
    const server = new SpawnedServer(folder, { config: { gateway } })
    expect(await server.exited).toMatchObject({ code: 1 })
    expect(server.stderr).toContain(message)
  })
})
