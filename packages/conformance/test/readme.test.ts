import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import * as conformance from '../src/index.ts'
import * as nodeTest from '../src/node-test.ts'
import * as vitest from '../src/vitest.ts'

const folder = resolve(import.meta.dirname, '..')
const readme = readFileSync(join(folder, 'README.md'), 'utf8')
const snippets = new Map(
  [...readme.matchAll(/```js\n\/\/ file: (\S+)\n([\s\S]*?)```/g)].map(([, name, text]) => [name!, text!]),
)

// Inside the repository, so that packages are found; what is built is what a user gets.
const reports = join(folder, '../../.test-report')
mkdirSync(reports, { recursive: true })
const place = mkdtempSync(join(reports, 'readme-'))
afterAll(() => rmSync(place, { recursive: true }))

interface Ended {
  readonly code: number
  readonly output: string
}

function run(snippet: string, ...words: string[]): Promise<Ended> {
  const file = join(place, snippet)
  writeFileSync(file, snippets.get(snippet)!)
  const env = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(?:VITEST|NODE_TEST_CONTEXT|NODE_OPTIONS)/.test(name)),
  )
  return new Promise((settle) => {
    execFile(process.execPath, [...words, file], { env, cwd: place }, (error, stdout, stderr) =>
      settle({ code: error ? Number(error.code) : 0, output: stdout + stderr }),
    )
  })
}

describe('the README', () => {
  it('runs a kit with the test runner of Node.js', async () => {
    const { code, output } = await run('queue.node.js', '--test', '--test-reporter=tap')
    expect(output).toMatch(/^# fail 0$/m)
    expect(output).toMatch(/ok \d+ - queue\.redelivers-after-rejection/)
    expect(output).toMatch(/# SKIP /)
    expect(code).toBe(0)
  })

  it('runs a kit in any program', async () => {
    const { code, output } = await run('queue.plain.js')
    expect(output).toMatch(/^skipped queue\./m)
    expect(output).toMatch(/^\d\d passed$/m)
    expect(code).toBe(0)
  })

  it('runs a kit with vitest', async () => {
    const file = 'queue.vitest.js'
    writeFileSync(join(place, 'vitest.config.mjs'), `export default { test: { include: ['${file}'] } }`)
    writeFileSync(join(place, file), snippets.get(file)!)
    const program = join(folder, '../../node_modules/vitest/vitest.mjs')
    const ended = await new Promise<Ended>((settle) => {
      execFile(process.execPath, [program, 'run', '--root', place], { cwd: place }, (error, stdout, stderr) =>
        settle({ code: error ? Number(error.code) : 0, output: stdout + stderr }),
      )
    })
    expect(ended).toMatchObject({ code: 0, output: expect.stringMatching(/\d\d passed/) as string })
  })

  it('names suites, functions and cases that are exported', () => {
    const rows = [...readme.matchAll(/^\| `(\w+)` +\| `(\w+)` +\| `(\w+)` +\| (.+) \|$/gm)]
    expect(rows.length).toBeGreaterThan(7)
    for (const [, , suite, runner, cases] of rows) {
      expect(conformance).toHaveProperty(suite!)
      expect(vitest).toHaveProperty(runner!)
      for (const [, name] of cases!.matchAll(/`(\w+)`/g)) expect(conformance).toHaveProperty(name!)
    }
  })

  it('offers the same functions with either runner', () => {
    expect(Object.keys(nodeTest).sort()).toEqual(Object.keys(vitest).sort())
  })
})
