import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import * as conformance from '@stemcell/conformance/vitest'
import * as core from '../src/index.ts'

const coreFolder = join(dirname(fileURLToPath(import.meta.url)), '..')
const root = join(coreFolder, '..', '..')
const readme = (folder: string): string => readFileSync(join(folder, 'README.md'), 'utf8')

/** Rows of the table whose header row starts with `first`, as cells. */
function table(text: string, first: string): string[][] {
  const lines = text.split('\n')
  const header = lines.findIndex((line) => line.startsWith(`| ${first} `))
  const end = lines.findIndex((line, index) => index > header && !line.startsWith('|'))
  const cells = (line: string): string[] =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim())
  return lines.slice(header + 2, end).map(cells)
}

const codeOf = (cell: string): string[] => [...cell.matchAll(/`([^`]+)`/g)].map(([, name]) => name!)

describe('the README of the project', () => {
  it('lists every package, and no other', () => {
    const listed = table(readme(root), 'Package').map(([name]) => /\(packages\/([^)]+)\)/.exec(name!)?.[1])
    expect(new Set(listed)).toEqual(new Set(readdirSync(join(root, 'packages'))))
  })

  it('refers to files that exist', () => {
    const links = [...readme(root).matchAll(/\]\((?!https?:)([^)#]+)\)/g)].map(([, path]) => path!)
    expect(links.filter((path) => !existsSync(join(root, path)))).toEqual([])
  })
})

describe('the README of core', () => {
  const contracts = table(readme(coreFolder), 'Contract')

  it('names built-in implementations and kits that are exported', () => {
    const implementations = contracts.flatMap(([, , builtIn]) => codeOf(builtIn!))
    const kits = contracts.flatMap(([, , , kit]) => codeOf(kit!))
    expect(implementations.filter((name) => !(name in core))).toEqual([])
    expect(kits.filter((name) => !(name in conformance))).toEqual([])
    expect(kits.length).toBeGreaterThan(7)
  })

  it('refers to files that exist', () => {
    const links = [...readme(coreFolder).matchAll(/\]\((src[^)]+)\)/g)].map(([, path]) => path!)
    expect(links.filter((path) => !existsSync(join(coreFolder, path)))).toEqual([])
  })

  it('lists folders that exist', () => {
    const folders = table(readme(coreFolder), 'Folder of `src`').flatMap(([cell]) => {
      const names = codeOf(cell!)
      const parent = names[0]!.includes('/') ? names[0]!.split('/')[0]! : ''
      return names.map((name) => (name.includes('/') || parent === '' ? name : `${parent}/${name}`))
    })
    expect(folders.filter((folder) => !existsSync(join(coreFolder, 'src', folder)))).toEqual([])
  })
})
