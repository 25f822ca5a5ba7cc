import { authKeyText, type Platform } from '@stemcell/core'
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { eventually } from './eventually.ts'
import { freePort } from './free-port.ts'

export interface EmbeddedExample<Embedded> {
  readonly create: () => Promise<Embedded>
  readonly listen: (embedded: Embedded) => Promise<{ readonly url: string; readonly close: () => Promise<unknown> }>
  /** Its built program. */
  readonly program: URL
}

/** What an application does that has the platform inside, whatever framework it is made with. */
export function embeddedAppCases<Embedded extends { readonly platform: Platform }>({
  create,
  listen,
  program,
}: EmbeddedExample<Embedded>): void {
  describe('the application', () => {
    let embedded: Embedded
    let url: string
    let close: () => Promise<unknown>

    beforeAll(async () => {
      embedded = await create()
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
    const port = await freePort()
    const child = spawn(process.execPath, [fileURLToPath(program)], {
      env: { ...process.env, PORT: String(port) },
      stdio: 'inherit',
    })
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
}
