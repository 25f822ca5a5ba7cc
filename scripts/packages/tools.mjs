// What only these tests need is a project of its own in `tools`: the repository's installation stays small.
import { existsSync, statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { run } from './run.mjs'

const folder = fileURLToPath(new URL('tools', import.meta.url))
const require = createRequire(join(folder, 'package.json'))

/** As the lock file says; quick when that was done before. */
export async function installTools() {
  const done = join(folder, 'node_modules', '.package-lock.json')
  if (existsSync(done) && statSync(done).mtimeMs >= statSync(join(folder, 'package-lock.json')).mtimeMs) return
  // A library behind the registry asks for Node.js 22; what is used of it runs on 20.
  await run('npm', ['ci', '--engine-strict=false', '--no-audit', '--no-fund', '--loglevel=error'], { cwd: folder })
}

/** A tool as a module. */
export const importTool = (name) => import(pathToFileURL(require.resolve(name)).href)

/** A file of a tool. */
export const toolFile = (...path) => join(folder, 'node_modules', ...path)

/** The programs of Node.js to try, by their major version. */
export const NODES = new Map([
  ['20', process.versions.node.startsWith('20.') ? process.execPath : undefined],
  ['22', toolFile('node-22', 'bin', 'node')],
  ['24', toolFile('node-24', 'bin', 'node')],
])
