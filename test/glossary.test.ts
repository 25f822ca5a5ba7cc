import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'

const root = resolve(import.meta.dirname, '..')
const page = readFileSync(join(root, 'docs/glossary.md'), 'utf8')
const rows = page.split('\n').filter((line) => /^\| (?!Term |-)/.test(line))
const terms = rows.map((line) => line.split('|')[1]!.trim())

/** All that a reader may meet: sources, the pages of `docs`, the READMEs. In lower case, words apart. */
const texts = [...filesBelow('packages'), ...filesBelow('docs'), 'README.md', 'CONTRIBUTING.md']
  .filter((path) => /\.(ts|md)$/.test(path) && path !== join('docs', 'glossary.md'))
  .map((path) => readable(readFileSync(join(root, path), 'utf8')))

function filesBelow(folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    if (['node_modules', 'dist', 'test', 'bench'].includes(entry.name)) return []
    const path = join(folder, entry.name)
    return entry.isDirectory() ? filesBelow(path) : [path]
  })
}

function readable(text: string): string {
  return text
    .replaceAll(/([a-z])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .replaceAll(/[^a-z]+/g, ' ')
}

describe('docs/glossary.md', () => {
  it('has terms', () => expect(terms.length).toBeGreaterThan(30))

  it.each(terms)('explains %s, which is in use', (term) => {
    const word = new RegExp(`\\b${readable(term)}(s|es)?\\b`)
    expect(texts.some((text) => word.test(text))).toBe(true)
  })

  it('explains each term once', () => expect(terms).toEqual([...new Set(terms)]))

  it('is a page at most', () => expect(rows.length).toBeLessThanOrEqual(45))

  it.each(['README.md', 'CONTRIBUTING.md'])('is linked from %s', (path) => {
    expect(readFileSync(join(root, path), 'utf8')).toContain('](docs/glossary.md)')
  })
})
