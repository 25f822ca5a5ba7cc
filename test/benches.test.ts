import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { build } from 'esbuild'
import { describe, expect, it } from 'vitest'

const root = resolve(import.meta.dirname, '..')

const PLACES = [
  'bench',
  'chaos',
  'scripts',
  ...inEach('packages', 'bench'),
  ...inEach('scripts'),
  ...inEach('examples'),
]

/** Folders below `place`, or a folder of that name in each. */
function inEach(place: string, name = ''): string[] {
  const folders = readdirSync(join(root, place), { withFileTypes: true }).filter((entry) => entry.isDirectory())
  return folders.map((folder) => join(place, folder.name, name)).filter((folder) => existsSync(join(root, folder)))
}

function programsIn(place: string): string[] {
  const files = readdirSync(join(root, place)).filter((file) => file.endsWith('.mjs'))
  return files.map((file) => join(place, file))
}

describe('programs that nobody compiles', () => {
  it('import what there is', async () => {
    const entryPoints = PLACES.flatMap(programsIn)
    expect(entryPoints.length).toBeGreaterThan(50)
    const { errors, warnings } = await build({
      absWorkingDir: root,
      entryPoints,
      outdir: 'nowhere',
      bundle: true,
      packages: 'external',
      platform: 'node',
      format: 'esm',
      write: false,
      logLevel: 'silent',
    })
    expect([...errors, ...warnings]).toEqual([])
  })

  it.each(['bench/bench.mjs', 'chaos/chaos.mjs', 'scripts/simulate.mjs', 'scripts/soak.mjs', 'scripts/docs.mjs'])(
    '%s says how it is used, and refuses what it does not know',
    (program) => {
      const run = (option: string) => spawnSync(process.execPath, [program, option], { cwd: root, encoding: 'utf8' })
      const [help, wrong] = [run('--help'), run('--nonsense')]
      expect([help.status, help.stdout]).toEqual([0, expect.stringMatching(/^usage: npm run /)])
      expect([wrong.status, wrong.stderr]).toEqual([2, expect.stringMatching(/--nonsense'[^]*usage: npm run /)])
    },
  )
})
