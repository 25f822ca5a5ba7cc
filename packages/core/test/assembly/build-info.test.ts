import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { assemble, memoryContainers } from '@stemcell/core'
import { afterAll, describe, expect, it } from 'vitest'
import { buildInfo } from '../../src/assembly/build-info.ts'

const folder = mkdtempSync(join(tmpdir(), 'build-info-'))
afterAll(() => rmSync(folder, { recursive: true }))
const fileOf = (name: string, text: string): URL => {
  writeFileSync(join(folder, name), text)
  return pathToFileURL(join(folder, name))
}

describe('the build', () => {
  it('is what was noted when it was made', () => {
    const note = { date: '2026-02-03T04:05:06Z', number: '1.2.3+abcdef' }
    expect(buildInfo(fileOf('build.json', JSON.stringify(note)))).toEqual(note)
  })

  it('is dated by its files where nothing was noted', () => {
    const self = fileOf('self.js', '')
    utimesSync(self, 1_700_000_000, 1_700_000_000)
    const { date, number } = buildInfo(pathToFileURL(join(folder, 'missing.json')), self.href)
    expect(date).toBe('2023-11-14T22:13:20Z')
    expect(number).toMatch(/^\d+\.\d+\.\d+/)
  })

  it('is not read from a file of that name that somebody else put beside a bundle', () => {
    const self = fileOf('bundle.js', '').href
    const number = buildInfo(new URL('file:///missing.json'), self).number
    for (const text of ['{"date":"today"}', '[]', 'no JSON'])
      expect(buildInfo(fileOf('build.json', text), self).number).toBe(number)
  })

  it('says that it knows nothing where it is no file', () => {
    expect(buildInfo(new URL('file:///missing.json'), 'data:text/javascript,0').date).toBe('unknown')
  })

  it('is what a platform shows, the same for every request', async () => {
    await using platform = await assemble({ containers: memoryContainers() })
    const { url } = await platform.listen({ port: 0 })
    const shown = async (): Promise<unknown> => (await fetch(`${url}/api/v1`)).json()
    const { date: build, number: buildno } = buildInfo()
    expect(Date.parse(build)).toBeLessThanOrEqual(Date.now())
    expect(await shown()).toMatchObject({ build, buildno })
    expect(await shown()).toMatchObject({ build, buildno })
  })
})
