// What imports what, read from the sources: for the picture in docs/architecture.md and for the tests of the arrows.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, posix, relative, sep } from 'node:path'

const IMPORT =
  /(?:\b(?<kind>import|export)\s+(?<type>type\s)?(?<names>[^'"();]*?)\bfrom\s*|\bimport\s*\(\s*|^\s*import\s+|\bimport\.meta\.resolve\s*\(\s*)(['"])(?<name>[^'"]+)\4/gm

const withoutComments = (text) => text.replaceAll(/\/\*[\s\S]*?\*\/|(?<![:'"`])\/\/.*$/gm, '')

/** Every source of every package: its path below `packages`, and the sources and packages it imports. */
export function readSources(packages) {
  return readdirSync(packages, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && existsSync(join(packages, entry.name, 'src')))
    .flatMap(({ name }) => sourcesOf(packages, name))
}

function sourcesOf(packages, name) {
  const folder = join(packages, name, 'src')
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => /\.[cm]?ts$/.test(file) && !file.endsWith('.d.ts'))
    .map((file) => {
      const path = relative(packages, join(folder, file)).split(sep).join('/')
      return { path, imports: importsOf(readFileSync(join(folder, file), 'utf8'), path) }
    })
}

/** `path` of the importing file and of what it imports are relative to the folder of all packages. */
export function importsOf(text, path) {
  return Array.from(withoutComments(text).matchAll(IMPORT), ({ groups }) => {
    const { name, type, names } = groups
    const typeOnly =
      type !== undefined || (/^\s*\{/.test(names ?? '') && listed(names).every((one) => one.startsWith('type ')))
    return { target: name.startsWith('.') ? posix.normalize(posix.join(dirname(path), name)) : name, typeOnly }
  })
}

const listed = (names) =>
  names
    .replaceAll(/[{}]/g, '')
    .split(',')
    .map((one) => one.trim())
    .filter((one) => one !== '')

/** How often a group imports from another one; `groupOf` returns undefined for what is in none. */
export function arrows(sources, groupOf) {
  const counts = new Map()
  for (const { path, imports } of sources) {
    const from = groupOf(path)
    if (from === undefined) continue
    for (const { target } of imports) {
      const to = groupOf(target)
      if (to === undefined || to === from) continue
      const key = `${from} ${to}`
      counts.set(key, (counts.get(key) ?? 0) + 1)
    }
  }
  return [...counts].map(([key, count]) => {
    const [from, to] = key.split(' ')
    return { from, to, count }
  })
}

/** Groups of nodes that reach each other along the arrows (Tarjan's algorithm), each sorted; none for a clean house. */
export function circles(edges) {
  const targets = new Map()
  for (const { from, to } of edges) {
    if (!targets.has(from)) targets.set(from, [])
    targets.get(from).push(to)
  }
  const index = new Map()
  const low = new Map()
  const stack = []
  const found = []
  const visit = (node) => {
    index.set(node, index.size)
    low.set(node, index.get(node))
    stack.push(node)
    for (const next of targets.get(node) ?? []) {
      if (!index.has(next)) {
        visit(next)
        low.set(node, Math.min(low.get(node), low.get(next)))
      } else if (stack.includes(next)) low.set(node, Math.min(low.get(node), index.get(next)))
    }
    if (low.get(node) !== index.get(node)) return
    const circle = stack.splice(stack.indexOf(node))
    if (circle.length > 1) found.push(circle.sort(byText))
  }
  for (const node of targets.keys()) if (!index.has(node)) visit(node)
  return found.sort(([a], [b]) => byText(a, b))
}

const byText = (a, b) => (a < b ? -1 : 1)

/** The package of a source or of a module name. */
export function packageOf(path) {
  const scoped = /^@stemcell\/([^/]+)/.exec(path)
  if (scoped) return scoped[1]
  return path.endsWith('.ts') || path.endsWith('.cts') ? path.split('/')[0] : undefined
}

/** The folder of core that a source is in: `ground` for the files right below `src`, `controller/web` for two levels. */
export function roomOfCore(path) {
  const below = /^core\/src\/(.+)$/.exec(path)?.[1]
  if (below === undefined || below.endsWith('index.ts')) return undefined
  const folders = below.split('/').slice(0, -1)
  if (folders.length === 0) return 'ground'
  const [first, second] = folders
  return ['controller', 'invoker'].includes(first) ? `${first}/${second ?? '.'}` : first
}
