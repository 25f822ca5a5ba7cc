import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'

const root = resolve(import.meta.dirname, '..')
const text = (...path: string[]): string => readFileSync(join(root, ...path), 'utf8')
const packages = readdirSync(join(root, 'packages'))

describe.each(packages)('package %s', (name) => {
  const manifest = JSON.parse(text('packages', name, 'package.json')) as Record<string, unknown>

  it('has the licence that its manifest names', () => {
    expect(manifest.license).toBe('Apache-2.0')
    expect(text('packages', name, 'LICENSE')).toBe(text('LICENSE'))
  })

  it('has the version of all packages', () => {
    expect(manifest.version).toBe((JSON.parse(text('package.json')) as { version: string }).version)
  })

  it('has a README that begins with its name', () => {
    expect(text('packages', name, 'README.md').split('\n')[0]).toBe(`# @stemcell/${name}`)
  })
})
