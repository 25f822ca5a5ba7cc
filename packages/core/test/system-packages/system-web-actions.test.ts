import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { assemble } from '../../src/assembly/assemble.ts'
import type { Platform } from '../../src/assembly/platform.ts'
import { adapterContext } from '../../src/adapter.ts'
import { memoryContainers } from '../../src/container/memory-containers.ts'
import { authKeyText } from '../../src/model/identity.ts'
import { memoryEntityStore } from '../../src/store/memory-stores.ts'
import type { SystemPackage, SystemPackageContext } from '../../src/system-packages/system-package.ts'

const WEB = '/api/v1/web/whisk.system/teller/tell.json'
const CODE = 'function main() { return {} }'

const teller: SystemPackage = {
  name: 'teller',
  description: 'Tells who calls',
  shared: false,
  actions: [
    {
      name: 'tell',
      description: 'Tells who calls',
      annotations: { 'web-export': true, final: true },
      run: ({ parameters, caller }) => ({
        user: parameters['__ow_user'] ?? null,
        owner: caller.namespace,
        key: caller.authkey.key,
      }),
    },
  ],
}

describe('web actions of system packages, in a namespace that nobody owns', () => {
  let platform: Platform
  let server: { close(): unknown } | undefined
  afterEach(async () => {
    server?.close()
    server = undefined
    await platform.close()
  })

  async function ask(path: string, authorization?: string): Promise<{ status: number; body: unknown }> {
    const url = platform.url ?? (await platform.listen({ port: 0 })).url
    const response = await fetch(url + path, authorization === undefined ? {} : { headers: { authorization } })
    return { status: response.status, body: await response.json() }
  }

  async function userWith(invocationsPerMinute: number): Promise<string> {
    const key = await platform.subjects.createUser('guest')
    await platform.subjects.setLimits('guest', { invocationsPerMinute })
    return `Basic ${Buffer.from(authKeyText(key)).toString('base64')}`
  }

  it('answer everybody, and know who calls', async () => {
    platform = await assemble({ containers: memoryContainers(), systemPackages: [teller] })
    const guest = await userWith(60)
    expect(await ask(WEB, guest)).toEqual({ status: 200, body: { user: 'guest', owner: 'whisk.system', key: '' } })
    expect(await ask(WEB)).toEqual({ status: 200, body: { user: null, owner: 'whisk.system', key: '' } })
    expect(await ask(`${WEB}?__ow_user=guest`)).toMatchObject({ status: 400 })
  })

  it('count against the limits of whoever calls, and not of others', async () => {
    platform = await assemble({ containers: memoryContainers(), systemPackages: [teller] })
    const guest = await userWith(1)
    expect((await ask(WEB, guest)).status).toBe(200)
    expect((await ask(WEB, guest)).status).toBe(429)
    expect((await ask(WEB)).status).toBe(200)
  })

  it('are the only ones of that namespace: what lies in the store is still missing', async () => {
    const entityStore = memoryEntityStore().build(adapterContext())
    platform = await assemble({ containers: memoryContainers(), systemPackages: [teller], entityStore })
    await platform.subjects.createUser('operator', { namespace: 'whisk.system' })
    const operator = await platform.client('whisk.system')
    await operator.putAction('stored', {
      exec: { kind: 'nodejs:default', code: CODE },
      annotations: [{ key: 'web-export', value: true }],
    })
    const path = '/api/v1/web/whisk.system/default/stored.json'
    expect((await ask(path)).status).toBe(200)
    await platform.subjects.deleteUser('operator')
    expect((await ask(path)).status).toBe(404)
    expect((await ask('/api/v1/web/whisk.system/teller/other.json')).status).toBe(404)
  })

  it('are served to a package that hands requests over, as the ports of the platform do', async () => {
    let context: SystemPackageContext | undefined
    platform = await assemble({
      containers: memoryContainers(),
      systemPackages: [
        { name: 'teller', core: '*', build: (given: SystemPackageContext) => ((context = given), teller) },
      ],
    })
    const front = createServer((request, response) => {
      request.url = WEB
      context!.handle(request, response)
    }).listen(0, '127.0.0.1')
    server = front
    await new Promise((resolve) => front.once('listening', resolve))
    const response = await fetch(`http://127.0.0.1:${(front.address() as AddressInfo).port}/elsewhere`)
    expect(response.status).toBe(200)
    expect(await response.json()).toMatchObject({ owner: 'whisk.system' })
    expect(response.headers.get('x-request-id')).toMatch(/^\w{32}$/)
  })
})
