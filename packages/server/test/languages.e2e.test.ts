import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { ACTION_PATH, testWith } from '../../../test/test-with.ts'
import { call, invokeOnce, type ActivationRecord } from './harness/api.ts'
import { eventually } from './harness/eventually.ts'
import { useServer } from './harness/use-server.ts'
import { zipOf } from './harness/zip-of.ts'

const server = useServer()
const MEGABYTE = 'ü☃x'.repeat(160_000)

interface Exec {
  readonly kind: string
  readonly code?: string
  readonly image?: string
  readonly main?: string
}

async function put(name: string, exec: Exec): Promise<void> {
  const { status, text } = await call(server(), 'PUT', `actions/${name}?overwrite=true`, { body: { exec } })
  if (status !== 200) throw new Error(`PUT ${name}: ${status} ${text}`)
}

async function result(name: string, payload: object = {}): Promise<unknown> {
  const { json } = await call(server(), 'POST', `actions/${name}?blocking=true&result=true`, { body: payload })
  return json
}

async function logsOf(id: string): Promise<string[]> {
  let record: ActivationRecord | undefined
  await eventually('the record', async () => {
    const { status, json } = await call(server(), 'GET', `activations/${id}`)
    record = json as unknown as ActivationRecord
    return status === 200
  })
  return record!.logs.map((line) => line.replace(/^\S+ (stdout|stderr): /, '$1 '))
}

function native(code: string, image = 'openwhisk/dockerskeleton'): Exec {
  return { kind: 'blackbox', image, code }
}

describe('Python actions', () => {
  const python = (title: string, body: () => Promise<void>): void =>
    testWith('python3', title, body, { path: ACTION_PATH })

  python('print into their records and answer with unicode', async () => {
    const code = 'def main(args):\n    print("hello ☃", args)\n    return {"greeting": "Grüße, " + args["name"]}'
    await put('greet', { kind: 'python:default', code })
    const { record } = await invokeOnce(server(), 'greet', { name: '世界 🧬' })
    expect(record.response.result).toEqual({ greeting: 'Grüße, 世界 🧬' })
    expect(await logsOf(record.activationId)).toEqual(["stdout hello ☃ {'name': '世界 🧬'}"])
  })

  python('bring packages in an archive', async () => {
    const archive = zipOf({
      '__main__.py': 'from words import greet\nimport dep\ndef run(args):\n    return {"a": greet(), "b": dep.NAME}',
      'words/__init__.py': 'def greet():\n    return "hi"',
      'virtualenv/lib/python3/site-packages/dep.py': 'NAME = "dependency"',
    })
    await put('packed', { kind: 'python:3', code: archive.toString('base64'), main: 'run' })
    expect(await result('packed')).toEqual({ a: 'hi', b: 'dependency' })
  })

  python('take and give a megabyte', async () => {
    await put('large', { kind: 'python:3', code: 'def main(args):\n    return args' })
    expect(((await result('large', { text: MEGABYTE })) as { text: string }).text === MEGABYTE).toBe(true)
  })

  python('see who calls them, and their parameters as they were given', async () => {
    const code =
      'import os\ndef main(args):\n    return {"name": os.environ["__OW_ACTION_NAME"], "p": os.environ["P"], "host": "__OW_API_HOST" in os.environ}'
    const body = { exec: { kind: 'python:3', code }, parameters: [{ key: 'P', value: 'a=b\nc', init: true }] }
    expect((await call(server(), 'PUT', 'actions/env', { body })).status).toBe(200)
    expect(await result('env')).toEqual({ name: '/guest/env', p: 'a=b\nc', host: true })
  })

  python('that raise are application errors, with the traceback in the log', async () => {
    await put('raise', { kind: 'python:3', code: 'def main(args):\n    raise KeyError("gone")' })
    const { status, record } = await invokeOnce(server(), 'raise')
    expect(status).toBe(502)
    expect(record.response).toMatchObject({ status: 'application error', result: { error: "'gone'" } })
    expect((await logsOf(record.activationId)).at(-1)).toBe("stderr KeyError: 'gone'")
  })

  python('that end their process, or take too long, are developer errors', async () => {
    await put('exit', { kind: 'python:3', code: 'import os\ndef main(args):\n    os._exit(1)' })
    expect((await invokeOnce(server(), 'exit')).record.response).toMatchObject({
      status: 'action developer error',
      result: { error: 'command exited' },
    })
    const code = 'import time\ndef main(args):\n    time.sleep(600)'
    const body = { exec: { kind: 'python:3', code }, limits: { timeout: 500 } }
    await call(server(), 'PUT', 'actions/slow', { body })
    expect(await result('slow')).toMatchObject({
      error: 'The action exceeded its time limits of 500 milliseconds.',
    })
  })

  python('that load for ever end at the time limit of the init', async () => {
    const body = { exec: { kind: 'python:3', code: 'while True: pass' }, limits: { timeout: 500 } }
    await call(server(), 'PUT', 'actions/stuck', { body })
    expect(await result('stuck')).toMatchObject({
      error: 'The action exceeded its time limits of 500 milliseconds during initialization.',
    })
  })
})

describe('native actions', () => {
  it('are shell scripts', async () => {
    await put('shell', native('#!/bin/sh\necho "log of $__OW_ACTION_NAME"\necho trouble > /dev/stderr\necho "$1"\n'))
    const { record } = await invokeOnce(server(), 'shell', { name: '世界' })
    expect(record.response.result).toEqual({ name: '世界' })
    expect((await logsOf(record.activationId)).sort()).toEqual(['stderr trouble', 'stdout log of /guest/shell'])
  })

  it('take and give a megabyte', async () => {
    await put('cat', native('#!/bin/sh\ncat\n'))
    expect(((await result('cat', { text: MEGABYTE })) as { text: string }).text === MEGABYTE).toBe(true)
  })

  it('are archives with a file exec', async () => {
    const archive = zipOf({ exec: '#!/bin/sh\ncat data\n', data: '{"from":"the archive"}' })
    await put('archive', native(archive.toString('base64')))
    expect(await result('archive')).toEqual({ from: 'the archive' })
  })

  testWith('gcc', 'are compiled programs', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'native-'))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    writeFileSync(
      join(folder, 'main.c'),
      '#include <stdio.h>\nint main(int c, char **v) { printf("{\\"c\\":%s}\\n", v[1]); return 0; }\n',
    )
    execFileSync('gcc', ['-o', 'out', 'main.c'], { cwd: folder })
    await put('compiled', native(readFileSync(join(folder, 'out')).toString('base64')))
    expect(await result('compiled', { a: 'ü' })).toEqual({ c: { a: 'ü' } })
  })

  it('speak the actionloop protocol where they ask for it', async () => {
    const code = '#!/bin/sh\nn=0\nwhile read -r line; do n=$((n + 1)); echo "{\\"n\\":$n}" >&3; done\n'
    await put('loop', native(code, 'openwhisk/actionloop-base'))
    expect([await result('loop'), await result('loop')]).toEqual([{ n: 1 }, { n: 2 }])
  })

  it.each([
    ['no result', '#!/bin/sh\necho hi\n', 'The action did not return a dictionary.'],
    ['no program', 'echo hi', "cannot start action: 'exec' is neither a program nor a script that starts with #!"],
  ])('with %s are developer errors', async (_what, code, error) => {
    await put('broken', native(code))
    const { record } = await invokeOnce(server(), 'broken')
    expect(record.response).toMatchObject({ status: 'action developer error', result: { error } })
  })
})

it('an image of the user is refused when it is invoked, and it is said why', async () => {
  await put('image', { kind: 'blackbox', image: 'somebody/image' })
  const { status, record } = await invokeOnce(server(), 'image')
  expect(status).toBe(502)
  expect(record.response.status).toBe('action developer error')
  expect(JSON.stringify(record.response.result)).toMatch(
    /processes here, not in images: 'somebody\/image' is not one of/,
  )
})

it('the server lists its kinds', async () => {
  const { json } = await call(server(), 'GET', '/', { auth: null })
  const kinds = Object.values(json['runtimes'] as Record<string, readonly { kind: string; default: boolean }[]>).flat()
  expect(kinds.map(({ kind }) => kind)).toEqual(['nodejs:18', 'nodejs:20', 'python:3'])
})
