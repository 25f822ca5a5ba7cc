import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { randomText, SystemRandom, type Logger } from '@stemcell/core'
import { afterAll, expect, it } from 'vitest'
import { assembleAllParts } from '../src/all-parts.ts'
import { run } from '../src/main.ts'

const data = mkdtempSync(join(tmpdir(), 'custom-platform-'))
afterAll(() => rmSync(data, { recursive: true, force: true }))

it('the example platform runs its action and closes', async () => {
  expect(await run()).toMatchObject({ success: true, result: { greeting: 'Hello, platform builder' } })
})

it('a platform of which every part was chosen does what each of them says', async () => {
  const lines: string[] = []
  const logger: Logger = {
    debug: () => undefined,
    info: (_fields: object, text: string) => void lines.push(text),
    warn: () => undefined,
    error: () => undefined,
    child: () => logger,
  }
  const key = `${randomUUID()}:${randomText(new SystemRandom(), 64)}`
  await using platform = await assembleAllParts({ data, key, logger })
  const ask = (method: string, path: string, body?: object): Promise<Response> =>
    platform.fetch(
      new Request(`http://any/api/v1/namespaces/_/${path}`, {
        method,
        headers: { authorization: `Basic ${btoa(key)}`, 'content-type': 'application/json' },
        ...(body && { body: JSON.stringify(body) }),
      }),
    )
  const code = "function main() { console.log('from the action'); return { done: true } }"
  expect((await ask('PUT', 'actions/speak', { exec: { kind: 'nodejs:default', code } })).status).toBe(200)
  const answer = await ask('POST', 'actions/speak?blocking=true&result=true', {})
  expect(await answer.json()).toEqual({ done: true })
  await expect.poll(() => lines.some((line) => line.endsWith('from the action'))).toBe(true)
  const metrics = await platform.fetch(new Request('http://any/metrics'))
  expect(await metrics.text()).toContain('action="speak"')
})
