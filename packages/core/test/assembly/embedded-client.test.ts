import { afterAll, beforeAll, describe, expect, expectTypeOf, it } from 'vitest'
import type { ApiActivation } from '../../src/assembly/api-entities.ts'
import { ApiRequestError } from '../../src/assembly/api-request-error.ts'
import { assemble } from '../../src/assembly/assemble.ts'
import type { EmbeddedClient } from '../../src/assembly/embedded-client.ts'
import type { Platform } from '../../src/assembly/platform.ts'
import { memoryContainers } from '../../src/container/memory-containers.ts'

let platform: Platform
let guest: EmbeddedClient

beforeAll(async () => {
  platform = await assemble({ containers: memoryContainers() })
  await platform.subjects.createUser('guest')
  guest = await platform.client('guest')
})
afterAll(() => platform.close())

const code = (body: string) => ({ exec: { kind: 'nodejs:default', code: `function main(args) { ${body} }` } })

describe('the client of an embedded platform', () => {
  it('keeps actions, in packages too', async () => {
    await guest.putPackage('tools')
    expect(await guest.putAction('tools/hi', code('return { hi: args.who }'))).toMatchObject({ name: 'hi' })
    await guest.putAction('alone', code('return {}'))
    expect((await guest.getAction('tools/hi')).exec.code).toContain('args.who')
    expect((await guest.listActions({ package: 'tools' })).map(({ name }) => name)).toEqual(['hi'])
    expect((await guest.listActions({ limit: 1 })).map(({ name }) => name)).toEqual(['alone'])
    expect((await guest.getPackage('tools')).actions).toMatchObject([{ name: 'hi' }])
    await guest.putPackage('bound', { binding: { namespace: '_', name: 'tools' } })
    expect((await guest.listPackages()).map(({ name }) => name).sort()).toEqual(['bound', 'tools'])
    await guest.deletePackage('bound')
    await expect(guest.deletePackage('tools')).rejects.toMatchObject({ status: 409 })
    await guest.deleteAction('tools/hi')
    await guest.deletePackage('tools')
    await guest.deleteAction('alone')
    expect(await guest.listActions()).toEqual([])
  })

  it('invokes with a typed record, and starts without waiting', async () => {
    await guest.putAction('hi', code('console.log("said"); return { hi: args.who }'))
    const record = await guest.invoke<{ hi: string }>('hi', { who: 'you' })
    expectTypeOf(record).toEqualTypeOf<ApiActivation<{ hi: string }>>()
    expectTypeOf(record.response.result.hi).toBeString()
    expect(record.response).toMatchObject({ success: true, status: 'success', result: { hi: 'you' } })
    const id = await guest.start('hi', { who: 'me' })
    await expect.poll(() => guest.activationResult(id).catch(() => undefined)).toMatchObject({ result: { hi: 'me' } })
    expect(await guest.getActivation(id)).toMatchObject({ activationId: id, name: 'hi' })
    expect((await guest.activationLogs(id)).join()).toMatch(/stdout: said$/)
    expect((await guest.listActivations({ name: 'hi' })).map(({ activationId }) => activationId)).toContain(id)
    expect(await guest.listActivations({ name: 'hi', upto: 1 })).toEqual([])
  })

  it('fires triggers through rules that work, and through none that rest', async () => {
    await guest.putAction('heard', code('return args'))
    await guest.putTrigger('bell')
    expect(await guest.fire('bell')).toBeUndefined()
    expect(await guest.putRule('ring', { trigger: 'bell', action: 'heard' })).toMatchObject({ status: 'active' })
    const fired = await guest.fire('bell', { loud: true })
    expect(fired).toMatch(/^[0-9a-f]{32}$/)
    await expect.poll(async () => (await guest.listActivations({ name: 'heard' })).length).toBe(1)
    await guest.setRule('ring', 'inactive')
    expect((await guest.getRule('ring')).status).toBe('inactive')
    expect(await guest.fire('bell')).toBeUndefined()
    expect((await guest.listRules()).map(({ name }) => name)).toEqual(['ring'])
    expect(Object.keys((await guest.getTrigger('bell')).rules ?? {})).toEqual(['guest/ring'])
    await guest.deleteRule('ring')
    expect((await guest.listTriggers()).map(({ name }) => name)).toEqual(['bell'])
    await guest.deleteTrigger('bell')
  })

  it('knows its namespace and limits', async () => {
    expect(await guest.namespaces()).toEqual(['guest'])
    expect(await guest.limits()).toMatchObject({ invocationsPerMinute: 60 })
  })

  it('says with status and code why something was not done', async () => {
    const missing = await guest.getAction('nothing').catch((error: unknown) => error)
    expect(missing).toBeInstanceOf(ApiRequestError)
    expect(missing).toMatchObject({
      code: 'ERR_REFUSED',
      status: 404,
      message: '404: The requested resource does not exist.',
      transactionId: expect.stringMatching(/^\w{32}$/) as string,
    })
    await expect(guest.putAction('bad name/', code(''))).rejects.toMatchObject({ code: 'ERR_REFUSED' })
    await guest.putAction('broken', code('throw new Error("no")'))
    expect(await guest.invoke('broken')).toMatchObject({ response: { success: false } })
  })
})
