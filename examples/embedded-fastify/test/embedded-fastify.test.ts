import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { authKeyText } from '@stemcell/core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { eventually } from '../../../test/eventually.ts'
import { freePort } from '../../../test/free-port.ts'
import { createApp, type Embedded } from '../src/app.ts'

describe('the application', () => {
  let embedded: Embedded
  let url: string
  let close: () => Promise<unknown>

  beforeAll(async () => {
    embedded = await createApp()
    ;({ url, close } = await listen(embedded))
  })
  afterAll(() => close())

  const order = (pieces: unknown): Promise<Response> =>
    fetch(`${url}/orders`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ pieces }),
    })

  it('answers its own routes, also with what an action says', async () => {
    expect(await (await fetch(`${url}/health`)).json()).toEqual({ ok: true })
    expect(await (await order(3)).json()).toEqual({ price: 6 })
  })

  it('serves the REST API beside them, with numbers as they were written', async () => {
    expect((await fetch(`${url}/api/v1/namespaces`)).status).toBe(401)
    const key = authKeyText(await embedded.platform.subjects.getUser('my-shop'))
    const headers = { authorization: `Basic ${btoa(key)}`, 'content-type': 'application/json' }
    const code = 'function main(args) { return args }'
    const put = await fetch(`${url}/api/v1/namespaces/_/actions/echo`, {
      method: 'PUT',
      headers,
      body: JSON.stringify({ exec: { kind: 'nodejs:default', code }, parameters: [] }).replace(
        '"parameters":[]',
        '"parameters":[{"key":"id","value":12345678901234567890}]',
      ),
    })
    expect(await put.text()).toContain('12345678901234567890')
  })
})

it('the program ends by itself on SIGTERM', async () => {
  const main = fileURLToPath(new URL('../dist/main.js', import.meta.url))
  const port = await freePort()
  const child = spawn(process.execPath, [main], { env: { ...process.env, PORT: String(port) }, stdio: 'inherit' })
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve))
  await eventually('the program to answer', () =>
    fetch(`http://127.0.0.1:${port}/health`).then(
      ({ ok }) => ok,
      () => false,
    ),
  )
  child.kill('SIGTERM')
  expect(await ended).toBe(0)
})

async function listen({ app }: Embedded): Promise<{ url: string; close: () => Promise<unknown> }> {
  return { url: await app.listen({ host: '127.0.0.1', port: 0 }), close: () => app.close() }
}
