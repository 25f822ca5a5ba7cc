// `npm run docs`: builds the site from docs/, the READMEs and the types; fails where a link leads nowhere, or where a
// snippet does not compile, does not run, or says what is not so. With --check everything but the building.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, rmSync, statSync, symlinkSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { writeErrorsPage } from './docs/errors-page.mjs'
import { brokenLinks } from './docs/links.mjs'
import { gatherPages } from './docs/pages.mjs'
import { checkSnippets } from './docs/snippets.mjs'
import { readArguments } from './read-arguments.mjs'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const tools = join(root, 'scripts', 'docs', 'site')
const output = join(root, '.docs')
const {
  values: { check: checkOnly = false, write = false },
} = readArguments('npm run docs [-- --check] [--write]', { check: { type: 'boolean' }, write: { type: 'boolean' } })

const problems = [
  ...(await writeErrorsPage(root, { check: !write })),
  ...brokenLinks(root),
  ...(await checkSnippets(root)),
]
for (const problem of problems) console.error(problem)
if (problems.length > 0) {
  console.error(`docs: ${problems.length} problems`)
  process.exit(1)
}
if (!checkOnly) buildSite()

function buildSite() {
  const done = join(tools, 'node_modules', '.package-lock.json')
  if (!existsSync(done) || statSync(done).mtimeMs < statSync(join(tools, 'package-lock.json')).mtimeMs)
    run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], tools)
  rmSync(output, { recursive: true, force: true })
  // The pages are compiled where they lie, with what the tools have.
  mkdirSync(output)
  symlinkSync(join(tools, 'node_modules'), join(output, 'node_modules'), 'dir')
  const pages = gatherPages(root, join(output, 'pages'))
  run(
    process.execPath,
    [join(tools, 'node_modules/typedoc/bin/typedoc'), '--options', join(tools, 'typedoc.json')],
    tools,
  )
  run(process.execPath, [join(tools, 'node_modules/vitepress/bin/vitepress.js'), 'build', tools], tools)
  console.log(`docs: ${pages} pages and the reference, in .docs/site`)
}

function run(command, args, cwd) {
  const { status, error } = spawnSync(command, args, { cwd, stdio: 'inherit' })
  if (error) console.error(`docs: cannot run ${command}: ${error.message}`)
  if (status !== 0) process.exit(status ?? 1)
}
