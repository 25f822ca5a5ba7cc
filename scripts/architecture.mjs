// `npm run architecture`: draws the pictures in docs/architecture.md anew from the code.
import { readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { packageGraph, roomGraph } from './architecture/graphs.mjs'
import { readSources } from './architecture/source-graph.mjs'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const page = join(root, 'docs', 'architecture.md')
const sources = readSources(join(root, 'packages'))
const graphs = { packages: packageGraph(sources), core: roomGraph(sources) }
const text = readFileSync(page, 'utf8').replaceAll(
  /(<!-- graph: (\w+) -->\n+```mermaid\n)[\s\S]*?(\n```)/g,
  (_all, start, name, end) => start + graphs[name] + end,
)
writeFileSync(page, text)
