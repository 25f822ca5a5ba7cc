// Makes a fresh clone runnable: checks Node, installs what the lock file says, builds. Quick when nothing changed.
import { spawnSync } from 'node:child_process'
import { existsSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { buildApp } from '../packages/console/build-app.mjs'
import { bundle } from './bundle.mjs'
import { noteBuild } from './note-build.mjs'
import { removeStaleOutput } from './remove-stale-output.mjs'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(`Stemcell needs Node.js 20.19 or newer; this is ${process.version}. Install it from https://nodejs.org`)
  process.exit(1)
}

function run(command, args) {
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: 'inherit' })
  if (error) console.error(`cannot run ${command}: ${error.message}`)
  if (status !== 0) process.exit(status ?? 1)
}

const lock = join(root, 'package-lock.json')
const installed = join(root, 'node_modules', '.package-lock.json')
if (!existsSync(installed) || statSync(installed).mtimeMs < statSync(lock).mtimeMs) {
  run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'])
}
run(process.execPath, [join(root, 'node_modules', 'typescript', 'bin', 'tsc'), '-b'])
await bundle()
await buildApp()
removeStaleOutput()
noteBuild()
