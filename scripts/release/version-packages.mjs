// `npm run version-packages`: one step of version for all packages, and the sentences of the changesets in CHANGELOG.md.
import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { readChangesets } from './changesets.mjs'
import { readManifests, writeManifest } from './manifests.mjs'

const root = process.cwd()
const changesets = readChangesets(root)

// changesets takes a peer that leaves its range for a break of the package itself, and 0.2.0 leaves ^0.1.0: all
// packages would become 1.0.0. So ranges of our own packages as peers are open while it counts.
setPeerRanges(() => '*')
execFileSync(process.execPath, [createRequire(import.meta.url).resolve('@changesets/cli/bin.js'), 'version'], {
  cwd: root,
  stdio: 'inherit',
})
const version = readManifests(root).find(({ manifest }) => manifest.name === '@stemcell/core').manifest.version
setPeerRanges(() => `^${version}`)

const [top] = readManifests(root)
top.manifest.version = version
writeManifest(top)
execFileSync('npm', ['install', '--package-lock-only', '--ignore-scripts', '--offline', '--loglevel=error'], {
  cwd: root,
  stdio: 'inherit',
})

const page = join(root, 'CHANGELOG.md')
const news = changesets.map(({ summary }) => `- ${summary.replaceAll('\n', '\n  ')}`).join('\n')
writeFileSync(
  page,
  readFileSync(page, 'utf8').replace('## Unreleased\n', () => `## Unreleased\n\n## ${version}\n\n${news}\n`),
)

function setPeerRanges(range) {
  for (const one of readManifests(root)) {
    const peers = one.manifest.peerDependencies ?? {}
    const own = Object.keys(peers).filter((name) => name.startsWith('@stemcell/'))
    if (own.length === 0) continue
    for (const name of own) peers[name] = range()
    writeManifest(one)
  }
}
