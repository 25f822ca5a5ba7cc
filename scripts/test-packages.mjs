// `npm run test:packages`: the packages as users get them. Packs them all, publishes them to a registry of this machine, and
// tries them from there. With --quick only what needs no installation: each tarball by itself.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { consumerStages } from './packages/consumers.mjs'
import { startRegistry } from './packages/registry.mjs'
import { run } from './packages/run.mjs'
import { checkTarball } from './packages/tarballs.mjs'
import { installTools } from './packages/tools.mjs'
import { readArguments } from './read-arguments.mjs'
import { stagePackages } from './release/stage.mjs'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const {
  values: { quick = false },
  positionals: only,
} = readArguments(
  'npm run test:packages [-- --quick] [PART_OF_A_NAME …]',
  { quick: { type: 'boolean' } },
  { positionals: true },
)
const folder = mkdtempSync(join(tmpdir(), 'stemcell-packages-'))
const failures = []
let passed = 0

/** One line for each, with its time; a failure stops nothing. */
async function check(name, work) {
  if (only.length > 0 && !only.some((part) => name.includes(part))) return
  const begin = performance.now()
  try {
    const note = await work()
    passed++
    console.log(`ok    ${name}${note ? `: ${note}` : ''} (${((performance.now() - begin) / 1000).toFixed(1)} s)`)
  } catch (error) {
    failures.push(name)
    console.log(`FAIL  ${name}\n${error.message.replaceAll(/^/gm, '      ')}`)
  }
}

async function atOnce(workers, checks) {
  const waiting = [...checks]
  const work = async () => {
    for (let next = waiting.shift(); next; next = waiting.shift()) await check(...next)
  }
  await Promise.all(Array.from({ length: workers }, work))
}

let registry
try {
  await installTools()
  const staging = join(folder, 'to-publish')
  const packages = stagePackages(root, staging)
  await run('npm', ['pack', '--workspaces', '--ignore-scripts', '--loglevel=error'], { cwd: staging })
  for (const one of packages)
    one.tarball = join(staging, `${one.name.replace('@', '').replace('/', '-')}-${one.version}.tgz`)
  for (const one of packages) await check(`tarball of ${one.name}`, () => checkTarball(one))

  if (!quick) {
    registry = await startRegistry(folder)
    writeFileSync(join(staging, '.npmrc'), registry.npmrc)
    await run('npm', ['publish', '--workspaces', '--ignore-scripts', '--loglevel=error', '--access=public'], {
      cwd: staging,
    })
    for (const stage of consumerStages({ root, folder, registry, packages })) await atOnce(2, stage)
  }
} finally {
  registry?.close()
  rmSync(folder, { recursive: true, force: true })
}
console.log(`${passed} passed, ${failures.length} failed`)
process.exitCode = failures.length === 0 ? 0 : 1
