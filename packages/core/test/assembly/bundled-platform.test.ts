import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { rolldown } from 'rolldown'
import { afterAll, expect, it } from 'vitest'

const folder = mkdtempSync(join(tmpdir(), 'stemcell-bundle-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const built = (name: string): string =>
  JSON.stringify(new URL(`../../../${name}/dist/index.js`, import.meta.url).pathname)

const PROGRAM = `
  import { assemble, CORE_VERSION, memoryContainers } from ${built('core')}
  import { redisQueue } from ${built('spi-redis')}
  import { kafkaQueue } from ${built('spi-kafka')}
  import { couchStores } from ${built('spi-couchdb')}
  const given = { kafkaQueue, couchStores, redisQueue }
  const platform = await assemble({ containers: memoryContainers() })
  await platform.subjects.createUser('guest')
  const guest = await platform.client('guest')
  await guest.putAction('hi', { exec: { kind: 'nodejs:default', code: 'function main() { return { hi: true } }' } })
  const { response } = await guest.invoke('hi')
  const about = await (await platform.fetch('http://any/api/v1')).json()
  await platform.close()
  console.log(JSON.stringify([CORE_VERSION, about.build_no ?? about.build, response.result, Object.keys(given).length]))
`

it('a platform starts and runs from one file, with nothing else of the project beside it', async () => {
  const input = join(folder, 'program.mjs')
  writeFileSync(input, PROGRAM)
  const bundle = await rolldown({ input, platform: 'node', logLevel: 'silent' })
  const file = join(folder, 'alone', 'platform.mjs')
  await bundle.write({ file, format: 'esm', codeSplitting: false })
  await bundle.close()
  rmSync(input)
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [file], { cwd: join(folder, 'alone') })
  expect(stderr).toBe('')
  expect(JSON.parse(stdout)).toEqual([expect.stringMatching(/^\d+\.\d+\.\d+/), expect.anything(), { hi: true }, 3])
}, 60_000)
