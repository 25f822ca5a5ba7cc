import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { RuntimesManifest, silentLogger, type Logger } from '@stemcell/core'
import { describe, expect, it, onTestFinished } from 'vitest'
import { readConfig } from '../../src/config/read-config.ts'
import { offeredManifest } from '../../src/standalone/offered-kinds.ts'

async function offered(config: object): Promise<{ kinds: readonly string[] | undefined; warnings: string[] }> {
  const warnings: string[] = []
  const logger: Logger = { ...silentLogger, warn: (_, message) => void warnings.push(message) }
  const folder = mkdtempSync(join(tmpdir(), 'offered-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  writeFileSync(join(folder, 'config.json'), JSON.stringify(config))
  const manifest = await offeredManifest(readConfig(join(folder, 'config.json'), {}), logger)
  return { kinds: manifest && new RuntimesManifest(manifest).kinds, warnings }
}

function pathWith(...names: readonly string[]): string {
  const folder = mkdtempSync(join(tmpdir(), 'offered-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  for (const name of names) {
    writeFileSync(join(folder, name), '\x7fELF')
    chmodSync(join(folder, name), 0o755)
  }
  return folder
}

const processes = (options: object): object => ({ containers: { adapter: '@stemcell/spi-process', options } })

describe('the kinds that are offered where actions are processes', () => {
  it('have one for each Python of the machine', async () => {
    const path = pathWith('python3', 'python3.9', 'python3.12')
    expect(await offered(processes({ path }))).toEqual({
      kinds: ['nodejs:18', 'nodejs:20', 'python:3', 'python:3.9', 'python:3.12'],
      warnings: [],
    })
  })

  it('have none for Python where there is none, and it is said how to get it', async () => {
    const { kinds, warnings } = await offered(processes({ path: '/nowhere' }))
    expect(kinds).toEqual(['nodejs:18', 'nodejs:20'])
    expect(warnings).toEqual([
      expect.stringMatching(/no program python3 in \/nowhere: install Python 3\.7 or later, or/),
    ])
  })

  it('are those of the configuration where it has a manifest', async () => {
    const manifest = { runtimes: { nodejs: [{ kind: 'nodejs:20', image: { name: 'any' } }] } }
    expect(await offered({ ...processes({ path: '/nowhere' }), manifest })).toEqual({ kinds: undefined, warnings: [] })
  })
})

it('an engine that does not answer is left to its adapter', async () => {
  const options = { socketPath: join(tmpdir(), 'no-such-engine.sock') }
  expect(await offered({ containers: { adapter: '@stemcell/spi-docker', options } })).toEqual({
    kinds: undefined,
    warnings: [],
  })
})
