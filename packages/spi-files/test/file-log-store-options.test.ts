import { isPlatformError } from '@stemcell/core'
import { fileLogStore, fileLogStoreOptions, type FileLogStoreOptions } from '@stemcell/spi-files'
import adapterModule from '@stemcell/spi-files/adapter'
import { describe, expect, it } from 'vitest'
import { ReadmeTables } from '../../../test/readme-tables.ts'

describe('the options of logs in files', () => {
  it.each([
    [{}, 'dir'],
    [{ dir: '' }, 'dir'],
    [{ dir: 'x', maxFile: 1 }, 'maxFile'],
    [{ dir: 'x', maxFileBytes: 5_000_000_000 }, 'maxFileBytes'],
    [{ dir: 'x', maxFiles: 1 }, 'maxFiles'],
    [{ dir: 'x', inRecords: 'secret' }, 'inRecords'],
  ])('%j is refused, naming %s and not its value', (options, name) => {
    let refusal: unknown
    try {
      fileLogStore(options as FileLogStoreOptions)
    } catch (error) {
      refusal = error
    }
    if (!isPlatformError(refusal, 'ERR_CONFIG')) throw new Error(`not refused: ${String(refusal)}`)
    expect(refusal.message).toContain(name)
    expect(refusal.message).not.toContain('secret')
  })

  it('can be named in a configuration file', () => {
    const { logStore } = adapterModule.provides
    expect(logStore?.create({ dir: 'x' })).toMatchObject({ name: '@stemcell/spi-files', core: '^0.1.0' })
  })

  it('stand in the table of the README with their defaults', () => {
    const readme = new ReadmeTables(new URL('../README.md', import.meta.url))
    for (const [name, value] of Object.entries(fileLogStoreOptions.parse({ dir: 'x' }))) {
      expect(readme.optionDefault(name), `option ${name}`).toBe(name === 'dir' ? 'required' : String(value))
    }
  })
})
