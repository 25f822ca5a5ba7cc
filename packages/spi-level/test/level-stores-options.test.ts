import { isPlatformError } from '@stemcell/core'
import { levelStores, levelStoresOptions, type LevelStoresOptions } from '@stemcell/spi-level'
import adapterModule from '@stemcell/spi-level/adapter'
import { describe, expect, it } from 'vitest'
import type { z } from '@stemcell/core/schema'
import { ReadmeTables } from '../../../test/readme-tables.ts'

describe('the options of the level stores', () => {
  it.each([
    [{}, 'dir'],
    [{ dir: '' }, 'dir'],
    [{ dir: 'x', syn: true }, 'syn'],
    [{ dir: 'x', sync: 'secret' }, 'sync'],
    [{ dir: 'x', cacheBytes: -1 }, 'cacheBytes'],
  ])('%j is refused, naming %s and not its value', (options, name) => {
    let refusal: unknown
    try {
      levelStores(options as LevelStoresOptions)
    } catch (error) {
      refusal = error
    }
    if (!isPlatformError(refusal, 'ERR_CONFIG')) throw new Error(`not refused: ${String(refusal)}`)
    expect(refusal.message).toContain(name)
    expect(refusal.message).not.toContain('secret')
  })

  it('can be named in a configuration file, store by store', () => {
    for (const store of ['entityStore', 'subjectStore', 'activationStore']) {
      const configurable = adapterModule.provides[store]
      expect(configurable?.create({ dir: 'x' })).toMatchObject({ name: '@stemcell/spi-level', core: '^0.1.0' })
      expect((configurable!.options as z.ZodType).safeParse({ dir: 'x', unknown: 1 }).success).toBe(false)
      expect(() => configurable?.create({ dir: 'x', unknown: 1 })).toThrow('unknown')
    }
  })

  it('stand in the table of the README with their defaults', () => {
    const readme = new ReadmeTables(new URL('../README.md', import.meta.url))
    const defaults = levelStoresOptions.parse({ dir: 'x' })
    for (const [name, value] of Object.entries(defaults)) {
      expect(readme.optionDefault(name), `option ${name}`).toBe(name === 'dir' ? 'required' : String(value))
    }
  })
})
