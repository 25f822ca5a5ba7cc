import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { packageGraph, roomGraph } from '../scripts/architecture/graphs.mjs'
import {
  arrows,
  circles,
  importsOf,
  packageOf,
  readSources,
  roomOfCore,
} from '../scripts/architecture/source-graph.mjs'

const root = resolve(import.meta.dirname, '..')
const sources = readSources(join(root, 'packages'))

describe('arrows of imports, those of types included', () => {
  it('are read from every package', () => {
    expect(sources.length).toBeGreaterThan(500)
    expect(sources.find(({ path }) => path === 'core/src/queue/memory-queue.ts')?.imports).toContainEqual({
      target: 'core/src/queue/memory-group.ts',
      typeOnly: false,
    })
  })

  it('go one way between packages', () => {
    expect(circles(arrows(sources, packageOf))).toEqual([])
  })

  it('go one way between the folders of core', () => {
    expect(circles(arrows(sources, roomOfCore))).toEqual([])
  })

  it('go one way between files', () => {
    expect(circles(arrows(sources, (path) => (path.endsWith('.ts') ? path : undefined)))).toEqual([])
  })

  it.each([
    ['controller/http', 'controller/entities'],
    ['controller/http', 'controller/invoke'],
    ['controller/invoke', 'controller/actions'],
    ['controller/entities', 'controller/invoke'],
    ['controller/entities', 'controller/activations'],
    ['controller/invoke', 'controller/http'],
    ['store', 'assembly'],
    ['queue', 'assembly'],
  ])('%s does not know %s', (from, to) => {
    expect(arrows(sources, roomOfCore).filter((arrow) => arrow.from === from && arrow.to === to)).toEqual([])
  })

  const SERVICES = sources
    .map(({ path }) => path)
    .filter((path) => /^core\/src\/controller\/.*-service\.ts$/.test(path))

  it.each(SERVICES)('%s refuses by codes of the domain, and knows no HTTP', (service) => {
    const { imports } = sources.find(({ path }) => path === service)!
    expect(imports.filter(({ target }) => target.startsWith('core/src/controller/http/'))).toEqual([])
  })

  it('lead to the errors of HTTP from its edges only', () => {
    expect(SERVICES.length).toBeGreaterThanOrEqual(4)
    const importers = sources
      .filter(({ imports }) => imports.some(({ target }) => target === 'core/src/controller/http/http-error.ts'))
      .map(({ path }) => path.replace('core/src/controller/', ''))
    expect(importers.filter((path) => !path.startsWith('http/')).sort()).toEqual([
      'admission/target-namespace.ts',
      'front.ts',
      'guards/plug-in-failed.ts',
      'web/framework-rejection.ts',
      'web/request-content.ts',
      'web/web-actions.ts',
    ])
  })

  it('are found in circles of any length, and a clean house has none', () => {
    const edge = (from: string, to: string): { from: string; to: string } => ({ from, to })
    expect(circles([edge('a', 'b'), edge('b', 'c'), edge('c', 'a'), edge('c', 'd')])).toEqual([['a', 'b', 'c']])
    expect(circles([edge('a', 'b'), edge('b', 'c'), edge('a', 'c')])).toEqual([])
  })

  it.each([
    [`import type { A } from './a.ts'`, [{ target: 'core/src/x/a.ts', typeOnly: true }]],
    [`import { type A, type B } from '../a.ts'`, [{ target: 'core/src/a.ts', typeOnly: true }]],
    [`import { type A, b } from 'pkg'`, [{ target: 'pkg', typeOnly: false }]],
    [`// import { a } from './a.ts'`, []],
  ])('are seen in %j', (text, imports) => {
    expect(importsOf(text, 'core/src/x/y.ts')).toEqual(imports)
  })
})

describe('docs/architecture.md', () => {
  const page = readFileSync(join(root, 'docs/architecture.md'), 'utf8')
  const graph = (name: string): string | undefined =>
    new RegExp(`<!-- graph: ${name} -->\\n+\`\`\`mermaid\\n([\\s\\S]*?)\\n\`\`\``).exec(page)?.[1]

  it.each([
    ['packages', packageGraph],
    ['core', roomGraph],
  ] as const)('shows the arrows of %s as they are; npm run architecture draws them anew', (name, draw) => {
    expect(graph(name)).toBe(draw(sources))
  })

  it('names files and folders that exist', () => {
    const named = [...page.matchAll(/`((?:packages|test|scripts|docs|examples|bench|chaos)\/[^`\s*{}]+)`/g)].map(
      ([, path]) => path!,
    )
    expect(named.length).toBeGreaterThan(25)
    expect(named.filter((path) => !existsSync(join(root, path)))).toEqual([])
  })
})
