import { mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { makeFolder } from '../src/index.ts'

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'make-folder-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

it('makes every folder that is missing, for its owner only, and leaves those that are there', () => {
  const folder = temporaryFolder()
  for (let time = 0; time < 2; time++) makeFolder(join(folder, 'a', 'b', 'c'))
  for (const path of ['a', 'a/b', 'a/b/c']) expect(statSync(join(folder, path)).mode & 0o777).toBe(0o700)
})

it('says what the system said, and of which folder', () => {
  const folder = temporaryFolder()
  writeFileSync(join(folder, 'file'), '')
  symlinkSync(join(folder, 'nowhere', 'at-all'), join(folder, 'link'))
  const failure = (path: string): unknown => {
    try {
      makeFolder(path)
      return undefined
    } catch (error) {
      return error
    }
  }
  expect(failure(join(folder, 'file', 'a', 'b'))).toMatchObject({ code: 'ENOTDIR' })
  expect(failure(join(folder, 'link', 'a'))).toMatchObject({ code: 'EEXIST', path: join(folder, 'link') })
  if (process.platform === 'linux') {
    expect(failure('/proc/no-such/folder')).toMatchObject({ code: 'ENOENT', path: '/proc/no-such' })
    expect(failure('/sys/no-such/folder')).toMatchObject({ path: '/sys/no-such' })
  }
})
