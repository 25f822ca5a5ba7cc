import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { silentLogger } from '@stemcell/core'
import openwhisk from 'openwhisk'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { eventually } from '../../../test/eventually.ts'
import { startServer, type Server } from '../src/app.ts'

const data = mkdtempSync(join(tmpdir(), 'reference-server-'))
afterAll(() => rmSync(data, { recursive: true, force: true }))

describe('the server', () => {
  let server: Server
  let ow: openwhisk.Client

  beforeAll(async () => {
    server = await startServer({ host: '127.0.0.1', port: 0, gatewayPort: 0, data, logger: silentLogger })
    ow = openwhisk({ apihost: server.url, api_key: server.key })
  })
  afterAll(() => server.close(0))

  it('runs actions of clients of OpenWhisk, counts them, and has the packages of the system', async () => {
    await ow.actions.update({ name: 'hi', action: 'function main({ name }) { return { hi: name } }' })
    const result: unknown = await ow.actions.invoke({
      name: 'hi',
      params: { name: 'you' },
      blocking: true,
      result: true,
    })
    expect(result).toEqual({ hi: 'you' })
    expect(await (await fetch(`${server.url}/metrics`)).text()).toMatch(/activations_total\{.*action="hi".*\} 1/)
    const packages = await ow.packages.list({ namespace: 'whisk.system' })
    expect(packages.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['alarms', 'utils', 'samples', 'combinators']),
    )
    expect((await fetch(`${server.apis}/api/guest/none`)).status).toBe(404)
  })
})

it('keeps what it was given, and stops by itself on SIGTERM', async () => {
  const main = fileURLToPath(new URL('../dist/main.js', import.meta.url))
  const child = spawn(process.execPath, [main], {
    env: { ...process.env, PORT: '0', GATEWAY_PORT: '0', DATA: data },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ended = once(child, 'exit')
  let output = ''
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()))
  await eventually(
    () => `a line with the address, not ${output}`,
    () => /^\{"url".*\}$/m.test(output),
  )
  const { url, key } = JSON.parse(/^\{"url".*\}$/m.exec(output)![0]) as { url: string; key: string }
  const ow = openwhisk({ apihost: url, api_key: key })
  expect(await ow.actions.get({ name: 'hi' })).toMatchObject({ name: 'hi' })
  child.kill('SIGTERM')
  expect(await ended).toEqual([0, null])
})
