import openwhisk from 'openwhisk'
import { createHmac } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { eventually } from '../../../test/eventually.ts'
import { useServer } from '../../../packages/server/test/harness/use-server.ts'
import { freePort } from '../../../test/free-port.ts'
import { deploy } from '../deploy.mjs'

// Actions are told where the API is before the server listens.
const port = await freePort()
const server = useServer({
  args: ['--port', String(port)],
  config: { limits: { invocationsPerMinute: 10_000, firesPerMinute: 10_000 } },
})
const FEED = 'webhooks/feed'
let ow: openwhisk.Client

beforeAll(async () => {
  // The client would ask a proxy for 127.0.0.1 too.
  for (const name of ['PROXY', 'HTTP_PROXY', 'HTTPS_PROXY']) {
    delete process.env[name]
    delete process.env[name.toLowerCase()]
  }
  ow = openwhisk({ apihost: server().url, api_key: server().key })
  await deploy(ow)
})

async function feed(lifecycleEvent: string, trigger: string, params: object = {}): Promise<Record<string, unknown>> {
  const order = { lifecycleEvent, triggerName: `/_/${trigger}`, authKey: server().key, ...params }
  const { response } = (await ow.actions
    .invoke({ name: FEED, params: order, blocking: true })
    .catch((error: { error: unknown }) => error.error)) as { response: { result: Record<string, unknown> } }
  return response.result
}

async function send(url: string, secret: string, body: object, headers: Record<string, string> = {}): Promise<number> {
  const text = JSON.stringify(body)
  const signature = createHmac('sha256', secret).update(text).digest('hex')
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-hub-signature-256': `sha256=${signature}`, ...headers },
    body: text,
  })
  return response.status
}

describe('a feed of a user', () => {
  it('turns signed webhooks into fires of its trigger, from CREATE to DELETE', async () => {
    await ow.actions.update({ name: 'seen', action: 'function main(event) { return event }' })
    await ow.triggers.create({ name: 'pushed' })
    await ow.rules.create({ name: 'on-push', trigger: 'pushed', action: 'seen' })
    const { url, secret } = (await feed('CREATE', 'pushed')) as { url: string; secret: string }
    expect(await feed('READ', 'pushed')).toEqual({
      config: { name: 'pushed', namespace: 'guest' },
      status: { active: true },
    })

    expect(await send(url, secret, { ref: 'main' })).toBe(202)
    await eventually('the rule to run', async () => {
      const found = (await ow.activations.list({ name: 'seen', docs: true } as object)) as unknown as object[]
      return JSON.stringify(found).includes('"ref":"main"')
    })

    expect(await send(url, 'guessed', { ref: 'main' })).toBe(401)
    expect(await send(url.replace('pushed', 'absent'), secret, {})).toBe(401)
    expect(await send(url, secret, {}, { 'content-type': 'text/plain' })).toBe(415)
    expect((await fetch(url)).status).toBe(405)

    expect(await feed('PAUSE', 'pushed')).toEqual({ status: 'success' })
    expect(await send(url, secret, { ref: 'paused' })).toBe(204)
    expect(await feed('UNPAUSE', 'pushed')).toEqual({ status: 'success' })
    expect(await feed('UPDATE', 'pushed', { secret: 'another' })).toEqual({ status: 'success' })
    expect(await send(url, secret, {})).toBe(401)
    expect(await send(url, 'another', {})).toBe(202)

    expect(await feed('DELETE', 'pushed')).toEqual({ status: 'success' })
    expect(await send(url, 'another', {})).toBe(401)
    expect(await feed('READ', 'pushed')).toMatchObject({ error: { statusCode: 404 } })
    expect(await feed('EXPLODE', 'pushed')).toMatchObject({ error: { statusCode: 404 } })
  })

  it('is shown as a feed of its package', async () => {
    expect(await ow.packages.get({ name: 'webhooks' })).toMatchObject({
      feeds: [{ name: 'feed' }],
      actions: [{ name: 'receive' }],
    })
  })

  it('has less than a hundred lines', () => {
    const lines = ['webhooks.js', 'deploy.mjs'].map((name) =>
      readFileSync(join(import.meta.dirname, '..', name), 'utf8'),
    )
    expect(lines.join('').trim().split('\n').length).toBeLessThan(100)
  })
})
