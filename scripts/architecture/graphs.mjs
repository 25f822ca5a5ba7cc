// The pictures of docs/architecture.md, as Mermaid text.
import { arrows, packageOf, roomOfCore } from './source-graph.mjs'

/** Who knows whom among packages. What everybody knows, core, is drawn once, at the bottom. */
export function packageGraph(sources) {
  return mermaid(withoutShortcuts(arrows(sources, packageOf)))
}

/** Who knows whom among the rooms of core, an arrow that follows from others left out. */
export function roomGraph(sources) {
  return mermaid(withoutShortcuts(arrows(sources, roomOfCore)))
}

/** Leaves out `a → c` where there is a way from `a` to `c` through others: the picture says it all the same. */
function withoutShortcuts(edges) {
  const targets = new Map()
  for (const { from, to } of edges) targets.set(from, [...(targets.get(from) ?? []), to])
  const reaches = (from, wanted, seen = new Set()) =>
    (targets.get(from) ?? []).some((next) => {
      if (next === wanted) return true
      if (seen.has(next)) return false
      seen.add(next)
      return reaches(next, wanted, seen)
    })
  return edges.filter(({ from, to }) => !targets.get(from).some((next) => next !== to && reaches(next, to)))
}

function mermaid(edges) {
  const name = (node) => node.replaceAll(/[^A-Za-z0-9]/g, '_').replace(/_$/, '_top')
  const shown = (node) => (node.endsWith('/.') ? node.slice(0, -2) : node)
  const nodes = [...new Set(edges.flatMap(({ from, to }) => [from, to]))].sort((a, b) => (a < b ? -1 : 1))
  const lines = edges.map(({ from, to }) => `  ${name(from)} --> ${name(to)}`).sort((a, b) => (a < b ? -1 : 1))
  return ['graph TD', ...nodes.map((node) => `  ${name(node)}["${shown(node)}"]`), ...lines].join('\n')
}
