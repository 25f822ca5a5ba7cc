// The package.json files of a working copy: the root's first, then those of packages and examples.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

export function readManifests(root) {
  const folders = ['packages', 'examples'].flatMap((group) =>
    readdirSync(join(root, group)).map((name) => join(root, group, name)),
  )
  return [root, ...folders]
    .map((folder) => ({ folder, path: join(folder, 'package.json') }))
    .filter(({ path }) => existsSync(path))
    .map(({ folder, path }) => ({ folder, path, manifest: JSON.parse(readFileSync(path, 'utf8')) }))
}

export function writeManifest({ path, manifest }) {
  writeFileSync(path, `${JSON.stringify(manifest, null, 2)}\n`)
}
