import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, readdirSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { startRuntime } from '../../runtime-nodejs/test/runtime-process.ts'
import { packageFolders, runtimePath } from '../src/index.ts'
import { ECHO_LOOP, startLoop, temporaryFolder } from './loop-runtime.ts'
import { testWith } from '../../../test/test-with.ts'

async function exitOf(...args: string[]): Promise<{ code: number | null; said: string }> {
  const child = spawn(process.execPath, [runtimePath, ...args], { stdio: ['ignore', 'ignore', 'pipe'] })
  let said = ''
  child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()))
  const [code] = (await once(child, 'close')) as [number | null]
  return { code, said }
}

test('a wrong mode or option ends the program with 2 and says what is known', async () => {
  const modes = `Unknown mode 'cobol'. Known: actionloop, python, skeleton.\n`
  expect(await exitOf('cobol')).toEqual({ code: 2, said: modes })
  expect(await exitOf('python', '--no-such')).toMatchObject({ code: 2, said: expect.stringContaining('--no-such') })
})

test('without a mode it speaks the actionloop protocol', async () => {
  const runtime = await startRuntime({ program: [runtimePath] })
  await runtime.init(ECHO_LOOP)
  expect(await runtime.run({ a: 1 })).toMatchObject({ json: { value: { a: 1 } } })
})

test('it leaves nothing in its temporary folder when it is told to end', async () => {
  const runtime = await startLoop('skeleton')
  await runtime.init('#!/bin/sh\necho "{}"\n')
  await runtime.run({})
  runtime.child.kill('SIGTERM')
  expect(await runtime.exited()).toBe(143)
  expect(readdirSync(runtime.folder)).toEqual([])
})

testWith('python3', 'two folders side by side are all that an image needs', async () => {
  const folder = path.join(temporaryFolder(), 'image', 'node_modules')
  for (const [name, from] of Object.entries(packageFolders)) {
    for (const part of ['package.json', 'dist', 'launchers']) {
      if (!readdirSync(from).includes(part)) continue
      cpSync(path.join(from, part), path.join(folder, name, part), { recursive: true, dereference: true })
    }
  }
  const program = path.join(folder, '@stemcell/runtime-actionloop/dist/main.js')
  const runtime = await startRuntime({ program: [program, 'python'] })
  await runtime.init('def main(args):\n    return args')
  expect(await runtime.run({ a: 1 })).toMatchObject({ status: 200, json: { a: 1 } })
})
