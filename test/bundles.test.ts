import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'

const packages = resolve(import.meta.dirname, '../packages')
const bundles = readdirSync(packages)
  .map((name) => join(packages, name, 'dist/bundle'))
  .filter((folder) => existsSync(folder))

describe('bundles', () => {
  it('have beside them the licence of each package that is in them', () => {
    const missing = bundles.flatMap((folder) =>
      gatheredIn(folder)
        .map((name) => join(folder, `LICENSE.${name.replace('/', '.')}.txt`))
        .filter((file) => !existsSync(file)),
    )
    expect(bundles.length).toBeGreaterThan(8)
    expect(bundles.flatMap(gatheredIn)).toEqual(expect.arrayContaining(['zod', 'pino', '@pinojs/redact', 'tslib']))
    expect(missing).toEqual([])
  })

  it('call no `require`, which ECMAScript modules do not have', () => {
    const calls = bundles.flatMap((folder) =>
      programsOf(folder).filter((file) => /__require\d*\(["'`]/.test(readFileSync(file, 'utf8'))),
    )
    expect(calls).toEqual([])
  })
})

function programsOf(folder: string): string[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith('.js'))
    .map((file) => join(folder, file))
}

/** Names of the packages of others whose code is in a bundle, as its source maps tell. */
function gatheredIn(folder: string): string[] {
  const sources = programsOf(folder).flatMap((file) => {
    const { sources: paths } = JSON.parse(readFileSync(`${file}.map`, 'utf8')) as { readonly sources: string[] }
    return paths.flatMap((path) => /.*node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1] ?? [])
  })
  return [...new Set(sources)]
}
