// The packages as they are published: without what only the repository has (sources and the condition that leads to
// them, scripts, tools), and with links in READMEs that lead somewhere from anywhere.
import { cpSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { basename, dirname, join, posix, relative } from 'node:path'
import { readManifests } from './manifests.mjs'

/** @returns the packages to publish, each in a folder of its own below `to`, which is the root of a workspace. */
export function stagePackages(root, to) {
  const [{ manifest: top }, ...all] = readManifests(root)
  const staged = all.filter(({ manifest }) => manifest.private !== true)
  const packages = staged.map(({ folder, manifest }) => {
    const place = join(to, 'packages', basename(folder))
    mkdirSync(place, { recursive: true })
    for (const name of ['LICENSE', ...manifest.files]) copy(folder, place, name)
    const readme = absoluteLinks(readFileSync(join(folder, 'README.md'), 'utf8'), relative(root, folder), top.homepage)
    writeFileSync(join(place, 'README.md'), readme)
    writeJson(join(place, 'package.json'), published(manifest))
    return { name: manifest.name, version: manifest.version, folder: place, manifest: published(manifest) }
  })
  writeJson(join(to, 'package.json'), { name: 'to-publish', private: true, workspaces: ['packages/*'] })
  return packages
}

/** What `files` of a manifest may name: a file, a folder, or the files of an ending below a folder. */
function copy(from, to, pattern) {
  if (pattern.startsWith('!')) return
  const [, below, ending = ''] = /^([^*]+)\/\*\*\/\*(\.[^*/]+)$/.exec(pattern) ?? []
  const name = below ?? pattern
  const source = join(from, name)
  if (!existsSync(source)) throw new Error(`${relative(process.cwd(), source)} is missing; build first`)
  const wanted = (file) => (file.endsWith(ending) || statSync(file).isDirectory()) && !file.endsWith('.tsbuildinfo')
  cpSync(source, join(to, name), { recursive: true, filter: wanted })
}

/** What a manifest says to those who install the package. */
export function published(manifest) {
  const { scripts: _scripts, devDependencies: _tools, files, exports, ...rest } = manifest
  return { ...rest, files: files.filter((name) => !name.startsWith('!')), exports: withoutSources(exports) }
}

function withoutSources(exports) {
  if (typeof exports !== 'object') return exports
  const kept = Object.entries(exports).filter(([condition]) => condition !== '@stemcell/source')
  return Object.fromEntries(kept.map(([condition, target]) => [condition, withoutSources(target)]))
}

/** @param folder of the README, below the root of the repository. */
export function absoluteLinks(markdown, folder, homepage) {
  return markdown.replaceAll(/(\]\()(?!#|[a-z]+:)([^)\s]+)\)/g, (_, open, target) => {
    const [path, anchor] = target.split('#')
    const inside = posix.join(folder.replaceAll('\\', '/'), path)
    const kind = /\.\w+$/.test(posix.basename(inside)) ? 'blob' : 'tree'
    return `${open}${homepage}/${kind}/main/${inside}${anchor === undefined ? '' : `#${anchor}`})`
  })
}

function writeJson(path, value) {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, `${JSON.stringify(value, null, 2)}\n`)
}
