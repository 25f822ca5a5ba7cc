import { spawn } from 'node:child_process'
import { chmodSync, readFileSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { codeBlocks } from './harness/code-blocks.ts'
import { PROGRAM, SpawnedServer, TestFolder } from './harness/spawned-server.ts'

const ROOT = join(import.meta.dirname, '../../..')

let folder: TestFolder
let server: SpawnedServer

// What the READMEs call stemcell-data and port 3233.
beforeAll(async () => {
  folder = new TestFolder()
  symlinkSync(join(ROOT, 'node_modules'), folder.join('node_modules'))
  chmodSync(folder.write('stemcell', `#!/bin/sh\nexec '${process.execPath}' '${PROGRAM}' "$@"\n`), 0o700)
  server = await SpawnedServer.start(folder, { data: 'stemcell-data' })
})
afterAll(async () => {
  expect(await server.stop()).toEqual({ code: 0, signal: null })
  await folder.remove()
})

interface Outcome {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

async function run(program: string, args: readonly string[]): Promise<Outcome> {
  const PATH = `${folder.path}:${process.env['PATH'] ?? ''}`
  const child = spawn(program, args, {
    cwd: folder.path,
    env: { PATH, no_proxy: '*' },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const exited = new Promise<number | null>((resolve) => child.once('close', resolve))
  const [code, stdout, stderr] = await Promise.all([exited, text(child.stdout), text(child.stderr)])
  return { code, stdout, stderr }
}

const here = (code: string): string => code.replaceAll('3233', new URL(server.url).port)

describe('the README of the repository', () => {
  const [commands = '', curl = ''] = codeBlocks(join(ROOT, 'README.md'), 'sh')
  const [client = ''] = codeBlocks(join(ROOT, 'README.md'), 'js')

  it('starts and tests with commands that exist', () => {
    const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { scripts: object }
    const names = Array.from(commands.matchAll(/^npm (\w+)/gm), ([, name = '']) => name)
    expect(names).toEqual(['start', 'test'])
    expect(Object.keys(scripts)).toEqual(expect.arrayContaining(names))
  })

  it('has curl lines that work', async () => {
    expect(curl.match(/^curl /gm)).toHaveLength(3)
    const script = here(curl).replaceAll(/^curl /gm, 'printf "\\n"; curl --silent --show-error ')
    const { code, stdout, stderr } = await run('sh', ['-ec', script])
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    const [created, result, activations] = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as object)
    expect(created).toMatchObject({ name: 'hi', exec: { kind: 'nodejs:20' } })
    expect(result).toEqual({ greeting: 'Hi, you' })
    expect(activations).toEqual(expect.any(Array))
  })

  it('has a program for the openwhisk client that works', async () => {
    const outcome = await run(process.execPath, [folder.write('client.mjs', here(client))])
    expect(outcome).toEqual({ code: 0, stdout: "{ greeting: 'Hi, you' }\n", stderr: '' })
  })
})

describe('the README of the server', () => {
  const README = join(ROOT, 'packages/server/README.md')

  it('has administrative commands that work', async () => {
    const block = codeBlocks(README, 'sh').find((code) => code.includes('KEY='))!
    const { code, stdout, stderr } = await run('sh', ['-ec', block])
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toMatch(/^Subject id is not recognized$/m)
    expect(stdout).toMatch(/^Subject deleted$/m)
  })

  it('has a program that works', async () => {
    const [program = ''] = codeBlocks(README, 'ts')
    const { code, stdout, stderr } = await run(process.execPath, [folder.write('program.mjs', program)])
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toMatch(/^http:\/\/127\.0\.0\.1:\d+\n$/)
  })
})
