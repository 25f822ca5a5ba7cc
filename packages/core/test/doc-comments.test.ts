import { relative, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { exportedNames } from './exported-names.ts'

const source = resolve(import.meta.dirname, '../src')
const ENTRIES = [
  'index.ts',
  'action/index.ts',
  'container/engine/index.ts',
  'store/sorted/index.ts',
  'container/transport/index.ts',
] as const

describe('every exported name has a doc comment', () => {
  it.each(ENTRIES)('of %s', (entry) => {
    const names = exportedNames(resolve(source, entry))
    expect(names.length).toBeGreaterThan(entry === 'index.ts' ? 200 : 2)
    const without = names.filter(({ comment }) => comment === undefined)
    expect(without.map(({ name, file }) => `${relative(source, file)}: ${name}`)).toEqual([])
  })
})
