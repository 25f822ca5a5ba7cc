import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { ACTION_PATH, onPath } from '../../../test/test-with.ts'
import { PROGRAM } from './harness/spawned-server.ts'
import { useServer } from './harness/use-server.ts'

const RUNNER = fileURLToPath(new URL('../../../scripts/contract.mjs', import.meta.url))
const MINUTE_MS = 60_000

/** Rows about Python are skipped, each with its reason, where the host has none. */
const withoutPython = onPath('python3', ACTION_PATH) ? [] : ['--without', 'python:3']

const server = useServer()

async function run(program: string, args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const child = spawn(process.execPath, [program, ...args], {
    env: { PATH: process.env['PATH'] ?? '', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (output += text))
  const [code] = (await once(child, 'close')) as [number | null]
  return { code, lines: output.trimEnd().split('\n') }
}

async function newUser(name: string): Promise<string> {
  const { code, lines } = await run(PROGRAM, ['admin', 'user', 'create', name, '--data', server().data])
  expect(code, lines.join('\n')).toBe(0)
  return lines.at(-1) ?? ''
}

it('the contract holds for the standalone server as it is, with two callers', { timeout: 6 * MINUTE_MS }, async () => {
  const { code, lines } = await run(RUNNER, ['--url', server().url, ...withoutPython], {
    STEMCELL_AUTH: server().key,
    STEMCELL_AUTH_OTHER: await newUser('second-caller'),
  })
  expect(lines.filter((line) => line.startsWith('FAILED'))).toEqual([])
  expect(lines.at(-1)).toMatch(/^1\d{3} passed, 0 failed, \d{2} skipped$/)
  expect(code).toBe(0)
})

it('without a second caller the rows about two are skipped, and it is said why', { timeout: MINUTE_MS }, async () => {
  const { code, lines } = await run(RUNNER, ['--url', server().url, '--filter', '§8 bindings'], {
    STEMCELL_AUTH: server().key,
  })
  expect(code).toBe(0)
  expect(lines.filter((line) => line.endsWith(': there is no second caller')).length).toBeGreaterThan(5)
  expect(lines.at(-1)).toMatch(/^[1-9]\d* passed, 0 failed, [1-9]\d* skipped$/)
})

it('a server that does otherwise fails, and it is said with which rows', async () => {
  const impostor = createServer((request, response) => {
    const body = request.url === '/' ? '{"runtimes":{}}' : '["somebody"]'
    response.writeHead(200, { 'content-type': 'application/json', 'x-request-id': 'always-the-same' }).end(body)
  })
  await new Promise<void>((resolve) => impostor.listen(0, '127.0.0.1', resolve))
  const { port } = impostor.address() as AddressInfo
  const { code, lines } = await run(RUNNER, ['--url', `http://127.0.0.1:${port}`, '--filter', '§2'], {
    STEMCELL_AUTH: 'u:k',
  })
  impostor.close()
  expect(code).toBe(1)
  expect(lines).toContain('FAILED §2 callers: a request without credentials is 401 with a challenge')
  expect(lines.at(-1)).toMatch(/^\d+ passed, [1-9]\d* failed, 0 skipped$/)
})

it.each([
  ['no address', [], { STEMCELL_AUTH: 'u:k' }, /^--url is missing/],
  ['no credentials', ['--url', 'http://127.0.0.1:1'], {}, /^STEMCELL_AUTH is not set/],
  ['no server', ['--url', 'http://127.0.0.1:1'], { STEMCELL_AUTH: 'u:k' }, /^http:\/\/127.0.0.1:1 does not answer/],
  ['an unknown option', ['--uri', 'x'], { STEMCELL_AUTH: 'u:k' }, /--uri/],
] as const)('with %s the runner says how it is called', async (_what, args, env, message) => {
  const { code, lines } = await run(RUNNER, args, env)
  expect(code).toBe(2)
  expect(lines[0]).toMatch(message)
  expect(lines[1]).toMatch(/npm run test:contract/)
})
