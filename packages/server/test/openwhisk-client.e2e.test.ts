import openwhisk from 'openwhisk'
import { beforeAll, describe, expect, it } from 'vitest'
import { eventually } from '../../../test/eventually.ts'
import { useServer } from './harness/use-server.ts'
import { zipOf } from './harness/zip-of.ts'

const server = useServer()
let ow: openwhisk.Client

beforeAll(() => {
  // The client would ask a proxy for 127.0.0.1 too.
  for (const name of ['PROXY', 'HTTP_PROXY', 'HTTPS_PROXY']) {
    delete process.env[name]
    delete process.env[name.toLowerCase()]
  }
  ow = openwhisk({ apihost: server().url, api_key: server().key })
})

const GREET = 'function main({ name }) { console.log("greeting", name); return { greeting: `Hi, ${name}` } }'

/** How the client reports a refusal. */
async function refusalOf(promise: Promise<unknown>): Promise<{ statusCode: number; error: { error: string } }> {
  const outcome = await promise.then(
    () => undefined,
    (error: unknown) => error,
  )
  if (outcome === undefined) throw new Error('it was not refused')
  return outcome as { statusCode: number; error: { error: string } }
}

describe('the openwhisk client', () => {
  it('creates, reads, updates, lists and deletes an action', async () => {
    const created = await ow.actions.create({
      name: 'crud',
      action: GREET,
      params: { name: 'default' },
      annotations: { note: 'n' },
      limits: { timeout: 5000 },
    })
    expect(created).toMatchObject({ name: 'crud', namespace: 'guest', version: '0.0.1', exec: { kind: 'nodejs:20' } })
    expect(await ow.actions.get({ name: 'crud' })).toEqual(created)

    const updated = await ow.actions.update({ name: 'crud', action: GREET, params: { name: 'other' } })
    expect(updated).toMatchObject({ version: '0.0.2', parameters: [{ key: 'name', value: 'other' }] })
    expect(updated.limits).toMatchObject({ timeout: 5000 })

    expect((await ow.actions.list()).map(({ name }) => name)).toContain('crud')
    expect(await ow.actions.delete({ name: 'crud' })).toMatchObject({ name: 'crud', version: '0.0.2' })
    expect((await ow.actions.list()).map(({ name }) => name)).not.toContain('crud')
  })

  it('invokes and waits for the record, or only for the result', async () => {
    await ow.actions.update({ name: 'greet', action: GREET })
    const record = await ow.actions.invoke({ name: 'greet', params: { name: 'you' }, blocking: true })
    expect(record).toMatchObject({
      name: 'greet',
      namespace: 'guest',
      response: { status: 'success', success: true, result: { greeting: 'Hi, you' } },
    })
    const invocation = { name: 'greet', params: { name: 'you' }, blocking: true, result: true }
    expect(await ow.actions.invoke(invocation)).toEqual({ greeting: 'Hi, you' })
  })

  it('invokes without waiting and finds record, logs and result afterwards', async () => {
    await ow.actions.update({ name: 'later', action: GREET })
    const { activationId } = await ow.actions.invoke({ name: 'later', params: { name: 'me' } })
    expect(activationId).toMatch(/^[0-9a-f]{32}$/)
    await eventually('the activation to be listed', async () =>
      (await ow.activations.list({ limit: 10 })).some((item) => item.activationId === activationId),
    )
    const record = await ow.activations.get({ name: activationId })
    expect(record).toMatchObject({ activationId, name: 'later', response: { result: { greeting: 'Hi, me' } } })
    expect(record.logs).toEqual([expect.stringMatching(/^\S+Z stdout: greeting me$/)])
    expect(await ow.activations.logs({ name: activationId })).toEqual({ logs: record.logs })
    expect(await ow.activations.result({ name: activationId })).toMatchObject({
      result: { greeting: 'Hi, me' },
      success: true,
    })
  })

  it('runs an action from a zip archive', async () => {
    const action = zipOf({
      'package.json': '{"main": "lib/entry.js"}',
      'lib/entry.js': 'exports.main = ({ n }) => ({ doubled: require("./double.js")(n) })',
      'lib/double.js': 'module.exports = (n) => 2 * n',
    })
    const created = await ow.actions.update({ name: 'zipped', action, kind: 'nodejs:20' })
    expect(created).toMatchObject({ exec: { binary: true } })
    const invocation = { name: 'zipped', params: { n: 21 }, blocking: true, result: true }
    expect(await ow.actions.invoke(invocation)).toEqual({ doubled: 42 })
    const stored = await ow.actions.get({ name: 'zipped' })
    expect(Buffer.from((stored.exec as { code: string }).code, 'base64')).toEqual(action)
  })

  it('calls another action from inside an action', async () => {
    await ow.actions.update({ name: 'inner', action: 'function main({ n }) { return { n: n + 1 } }' })
    const outer = `
      async function main({ n }) {
        const auth = Buffer.from(process.env.__OW_API_KEY).toString('base64')
        const url = process.env.__OW_API_HOST + '/api/v1/namespaces/_/actions/inner?blocking=true&result=true'
        const headers = { authorization: 'Basic ' + auth, 'content-type': 'application/json' }
        return (await fetch(url, { method: 'POST', headers, body: JSON.stringify({ n }) })).json()
      }`
    await ow.actions.update({ name: 'outer', action: outer, annotations: { 'provide-api-key': true } })
    const invocation = { name: 'outer', params: { n: 1 }, blocking: true, result: true }
    expect(await ow.actions.invoke(invocation)).toEqual({ n: 2 })
  })

  it('is there in actions, and calls back without being told where and as whom', async () => {
    await ow.actions.update({ name: 'inner', action: 'function main({ n }) { return { n: n + 1 } }' })
    const outer = `
      const openwhisk = require('openwhisk')
      async function main({ n }) {
        const ow = openwhisk()
        const { n: called } = await ow.actions.invoke({ name: 'inner', params: { n }, blocking: true, result: true })
        return { called, listed: (await ow.actions.list()).some(({ name }) => name === 'inner') }
      }`
    await ow.actions.update({ name: 'caller', action: outer, annotations: { 'provide-api-key': true } })
    const invocation = { name: 'caller', params: { n: 1 }, blocking: true, result: true }
    expect(await ow.actions.invoke(invocation)).toEqual({ called: 2, listed: true })
  })

  it('is told 404 for what does not exist and 409 for what exists', async () => {
    const missing = 'The requested resource does not exist.'
    const refusals = await Promise.all([
      refusalOf(ow.actions.get({ name: 'missing' })),
      refusalOf(ow.actions.delete({ name: 'missing' })),
      refusalOf(ow.actions.invoke({ name: 'missing', blocking: true })),
      refusalOf(ow.activations.get({ name: '0'.repeat(32) })),
    ])
    for (const refusal of refusals) expect(refusal).toMatchObject({ statusCode: 404, error: { error: missing } })
    await ow.actions.update({ name: 'twice', action: GREET })
    expect(await refusalOf(ow.actions.create({ name: 'twice', action: GREET }))).toMatchObject({
      statusCode: 409,
      error: { error: 'resource already exists' },
    })
  })

  it('is given the error of an action that fails, with its record', async () => {
    const action = 'function main() { throw new Error("on purpose") }'
    await ow.actions.update({ name: 'failing', action })
    const refused = await refusalOf(ow.actions.invoke({ name: 'failing', blocking: true }))
    expect(refused.statusCode).toBe(502)
    expect(refused.error).toMatchObject({
      response: { status: 'action developer error', success: false, result: { error: expect.any(String) } },
    })
  })

  it('is refused with another key', async () => {
    const stranger = openwhisk({ apihost: server().url, api_key: `${server().key.slice(0, -1)}!` })
    expect(await refusalOf(stranger.actions.list())).toMatchObject({
      statusCode: 401,
      error: { error: 'The supplied authentication is invalid' },
    })
  })
})
