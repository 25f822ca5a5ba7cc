import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const SCRIPT = resolve(import.meta.dirname, '../scripts/examples.mjs')
let folder: string

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'stemcell-examples-'))
  const example = (name: string, scripts: Record<string, string>): void => {
    mkdirSync(join(folder, name))
    writeFileSync(join(folder, name, 'package.json'), JSON.stringify({ name, scripts }))
  }
  example('good', { test: 'echo tested', example: 'echo shown' })
  example('tested', { test: 'echo tested' })
  example('bad', { test: 'exit 3' })
  example('quiet', { build: 'true' })
  mkdirSync(join(folder, 'config'))
})
afterAll(() => rmSync(folder, { recursive: true }))

function run(...names: string[]) {
  const env = { PATH: process.env['PATH'], HOME: process.env['HOME'], STEMCELL_EXAMPLES: folder }
  return spawnSync(process.execPath, [SCRIPT, ...names], { encoding: 'utf8', env })
}

describe('npm run examples', () => {
  it('runs those that are named, their own script before their tests', () => {
    const { status, stdout } = run('good', 'tested')
    expect(status).toBe(0)
    expect(stdout).toMatch(/shown\n[^]*tested\n/)
    expect(stdout).toMatch(/^ok {5}good {4}example +\d+\.\d s$/m)
    expect(stdout).toMatch(/^ok {5}tested {2}test +\d+\.\d s$/m)
    expect(stdout).toMatch(/2 passed, 0 failed\n$/)
  })

  it('runs all that can be run, goes on after one that fails, and fails', () => {
    const { status, stdout } = run()
    expect(status).toBe(1)
    expect(stdout).toMatch(/^FAILED bad /m)
    expect(stdout).toMatch(/^ok {5}tested /m)
    expect(stdout).toMatch(/2 passed, 1 failed\n$/)
  })

  it('names those that there are when one is not known, and runs none', () => {
    const { status, stdout, stderr } = run('good', 'quiet')
    expect([status, stdout]).toEqual([2, ''])
    expect(stderr).toBe('there is no example quiet; there are bad, good, tested\n')
  })
})
