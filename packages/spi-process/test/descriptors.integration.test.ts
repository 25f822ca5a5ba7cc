import { writeFileSync } from 'node:fs'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { openFactory, run, start, temporaryFolder } from './harness.ts'

it('no process of an action may have more than 1024 files open, or what the platform allows', async () => {
  const code = `
    const limits = (text) => /^Max open files +(\\d+) +(\\d+)/m.exec(text).slice(1)
    const { execFileSync } = require('node:child_process')
    const { readFileSync } = require('node:fs')
    function main() {
      const child = execFileSync('cat', ['/proc/self/limits'], { encoding: 'utf8' })
      return { own: limits(readFileSync('/proc/self/limits', 'utf8')), child: limits(child) }
    }`
  const usual = await start(await openFactory(), code)
  expect(await run(usual)).toEqual({ own: ['1024', '1024'], child: ['1024', '1024'] })
  const few = await start(await openFactory({ openFiles: 128 }), code)
  expect(await run(few)).toEqual({ own: ['128', '128'], child: ['128', '128'] })
})

it('an action that opens files without end fails by itself', async () => {
  const code = `
    const { openSync } = require('node:fs')
    function main() {
      const open = []
      try { for (;;) open.push(openSync('/dev/null')) } catch ({ code }) { return { code, open: open.length } }
    }`
  const { code: reason, open } = await run(await start(await openFactory(), code))
  expect(reason).toBe('EMFILE')
  expect(open).toBeLessThan(1024)
})

it('what the platform has open without a mark for it reaches no action, nor what that starts, nor the guardian', async () => {
  const folder = temporaryFolder()
  const secret = join(folder, 'secret')
  writeFileSync(secret, 'not for actions')
  // A shell gives descriptors 7 and 9 to the platform without close-on-exec, as a database library does.
  const fixture = join(import.meta.dirname, 'fixtures/descriptors-of-an-action.mjs')
  const platform = spawn(
    '/bin/sh',
    ['-c', 'exec 7<"$1" 9<"$1"; exec "$2" "$3" "$4"', 'sh', secret, process.execPath, fixture, join(folder, 'run')],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  )
  const [shown] = await Promise.all([text(platform.stdout), once(platform, 'exit')])
  const { own, child, guardian, inPlatform } = JSON.parse(shown) as Record<
    'own' | 'child' | 'guardian' | 'inPlatform',
    string[]
  >
  expect(inPlatform).toContain(secret)
  expect(own).not.toContain(secret)
  expect(child).not.toContain(secret)
  expect(own.length).toBeGreaterThan(3)
  expect(guardian).not.toContain(secret)
  expect(guardian.length).toBeGreaterThan(2)
})
