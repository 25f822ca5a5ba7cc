import { spawnSync } from 'node:child_process'
import { setFlagsFromString } from 'node:v8'
import { expect, it, vi } from 'vitest'
import { scavengeAlone } from '../src/scavenge-alone.ts'

vi.mock('node:v8', () => ({ setFlagsFromString: vi.fn() }))

it('gives a flag that this V8 knows, also once it runs', () => {
  scavengeAlone()
  const [flag] = vi.mocked(setFlagsFromString).mock.calls[0]!
  const program = `require('node:v8').setFlagsFromString(${JSON.stringify(flag)})`
  const { status, stderr } = spawnSync(process.execPath, ['-e', program], { encoding: 'utf8' })
  expect([status, stderr]).toEqual([0, ''])
})
