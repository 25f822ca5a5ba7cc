import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { staleOutput } from '../scripts/remove-stale-output.mjs'

const root = resolve(import.meta.dirname, '..')
const text = (...path: string[]): string => readFileSync(join(root, ...path), 'utf8')
const packages = readdirSync(join(root, 'packages'))

describe('what is left of sources that are gone', () => {
  it('is found, whatever the compiler made of them, and nothing else', () => {
    const folder = mkdtempSync(join(tmpdir(), 'stale-'))
    const write = (file: string): void => {
      mkdirSync(join(folder, file, '..'), { recursive: true })
      writeFileSync(join(folder, file), '')
    }
    const outputs = (stem: string): string[] => ['.js', '.js.map', '.d.ts'].map((kind) => `${stem}${kind}`)
    try {
      for (const file of ['src/a/here.ts', 'src/loop.cts', 'dist/loop.cjs', 'dist/build.json', 'dist/.tsbuildinfo'])
        write(file)
      for (const file of [...outputs('a/here'), ...outputs('a/gone'), ...outputs('here')]) write(`dist/${file}`)
      expect(staleOutput(folder).toSorted()).toEqual([...outputs('a/gone'), ...outputs('here')].toSorted())
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
})

/** What `npm pack` would put into the package, by its folder. */
const packed = new Map(
  (
    JSON.parse(
      execFileSync('npm', ['pack', '--dry-run', '--json', ...packages.map((name) => `--workspace=packages/${name}`)], {
        cwd: root,
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore'],
      }),
    ) as { name: string; files: { path: string }[] }[]
  ).map(({ name, files }) => [name, files.map(({ path }) => path)]),
)

describe.each(packages)('package %s', (name) => {
  const manifest = JSON.parse(text('packages', name, 'package.json')) as Record<string, unknown>

  it('has the licence that its manifest names', () => {
    expect(manifest.license).toBe('Apache-2.0')
    expect(text('packages', name, 'LICENSE')).toBe(text('LICENSE'))
  })

  it('says what it is, and where it comes from, as the repository does', () => {
    const { repository, homepage } = JSON.parse(text('package.json')) as { repository: object; homepage: string }
    expect(manifest).toMatchObject({
      description: expect.stringMatching(/\w{3}/),
      keywords: expect.arrayContaining(['stemcell', 'openwhisk', 'serverless']),
      homepage: `${homepage}/tree/main/packages/${name}#readme`,
      bugs: `${homepage}/issues`,
      repository: { ...repository, directory: `packages/${name}` },
    })
  })

  it('has the version of all packages', () => {
    expect(manifest.version).toBe((JSON.parse(text('package.json')) as { version: string }).version)
  })

  it('has a README that begins with its name', () => {
    expect(text('packages', name, 'README.md').split('\n')[0]).toBe(`# ${String(manifest.name)}`)
  })

  describe('as it is packed', () => {
    const files = packed.get(String(manifest.name)) ?? []

    it('has its licence, its README and what was built', () => {
      expect(files).toEqual(expect.arrayContaining(['LICENSE', 'README.md', 'package.json']))
      expect(files.filter((file) => /^(?:dist|bin|template)\/.*\.m?js$/.test(file)).length).toBeGreaterThan(0)
    })

    it('has no tests, no sources and no notes of the compiler', () => {
      expect(
        files.filter(
          (file) =>
            /(?:^|\/)(?:test|src)\/|\.test\.|\.tsbuildinfo$|\.(?<!\.d\.)[cm]?ts$/.test(file) &&
            !file.startsWith('templates/'),
        ),
      ).toEqual([])
    })

    it('has nothing left of sources that are gone; npm run build removes it', () => {
      expect(staleOutput(join(root, 'packages', name))).toEqual([])
    })

    it.runIf(name !== 'conformance')('knows no test runner', () => {
      const code = files.filter((file) => /\.[cm]?js$/.test(file) && !file.startsWith('templates/'))
      const testing = /(?:\bfrom|\bimport|\brequire\()\s*(['"])(?:vitest|node:test)\1/
      expect(code.filter((file) => testing.test(text('packages', name, file)))).toEqual([])
    })
  })
})
