// `npm run release:dry`: the next release of this working copy, made in a temporary folder and looked at there.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { nextVersion, readChangesets, writeChangeset } from './changesets.mjs'
import { readManifests } from './manifests.mjs'

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..')
const copy = mkdtempSync(join(tmpdir(), 'stemcell-release-'))
try {
  copyWorkingTree()
  const { version: before } = readManifests(copy)[0].manifest
  if (nextVersion(before, readChangesets(copy)) === undefined)
    writeChangeset(copy, 'dry-run', '@stemcell/core', 'minor', 'A dry run.')
  const changesets = readChangesets(copy)
  const version = nextVersion(before, changesets)
  run(process.execPath, [join(copy, 'scripts', 'release', 'version-packages.mjs')])
  checkVersions(version)
  checkChangelog(version, changesets)
  const packed = checkPackages(version)
  console.log(`release:dry: ${before} would become ${version}, in ${packed} packages`)
} finally {
  rmSync(copy, { recursive: true, force: true })
}

/** What git knows or would add, and what the build made of it. */
function copyWorkingTree() {
  const files = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  })
  for (const file of files.split('\0'))
    if (file !== '' && existsSync(join(root, file))) cpSync(join(root, file), join(copy, file))
  for (const { folder } of readManifests(root)) {
    const built = join(folder, 'dist')
    if (existsSync(built)) cpSync(built, join(copy, relative(root, built)), { recursive: true })
  }
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'), 'dir')
  run('git', ['init', '--quiet', '--initial-branch=main'])
}

function checkVersions(version) {
  const manifests = readManifests(copy)
  const names = new Set(manifests.map(({ manifest }) => manifest.name))
  for (const { manifest } of manifests) {
    assert.equal(manifest.version, version, `version of ${manifest.name}`)
    for (const [name, range] of Object.entries({ ...manifest.dependencies, ...manifest.peerDependencies }))
      if (names.has(name)) assert.equal(range, `^${version}`, `range of ${name} in ${manifest.name}`)
  }
  const lock = JSON.parse(readFileSync(join(copy, 'package-lock.json'), 'utf8'))
  for (const { folder, manifest } of manifests)
    assert.equal(lock.packages[relative(copy, folder)]?.version, version, `version of ${manifest.name} in the lock`)
  assert.deepEqual(readChangesets(copy), [], 'changesets are used up')
}

function checkChangelog(version, changesets) {
  const text = readFileSync(join(copy, 'CHANGELOG.md'), 'utf8')
  assert.match(text, new RegExp(`^## ${version.replaceAll('.', '\\.')}$`, 'm'))
  for (const { name, summary } of changesets)
    assert.ok(text.includes(summary.split('\n')[0]), `${name} is in CHANGELOG.md`)
}

/** Returns how many would be published. */
function checkPackages(version) {
  const published = readManifests(copy).filter(({ manifest }) => manifest.private !== true)
  const names = published.flatMap(({ manifest }) => ['-w', manifest.name])
  const packs = JSON.parse(run('npm', ['pack', '--dry-run', '--json', '--ignore-scripts', ...names]))
  const list = Array.isArray(packs) ? packs : Object.values(packs)
  assert.equal(list.length, published.length)
  for (const { manifest } of published) {
    const pack = list.find(({ name }) => name === manifest.name)
    assert.equal(pack?.version, version, `packed version of ${manifest.name}`)
    const files = new Set(pack.files.map(({ path }) => path))
    const wanted = ['LICENSE', 'README.md', ...targets(manifest.exports), ...Object.values(manifest.bin ?? {})]
    for (const path of wanted) {
      const name = path.replace(/^\.\//, '')
      assert.ok(files.has(name), `${manifest.name} is packed without ${name}; is it built?`)
    }
  }
  return published.length
}

/** The files that `exports` promises to who installs the package. */
function targets(exports) {
  if (typeof exports === 'string') return [exports]
  return Object.entries(exports ?? {}).flatMap(([condition, value]) =>
    condition === '@stemcell/source' ? [] : targets(value),
  )
}

function run(command, args) {
  return execFileSync(command, args, { cwd: copy, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] })
}
