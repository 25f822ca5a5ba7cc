import { existsSync, mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { asEntrypoint, type Entrypoint, findMember, InitializationError } from './entrypoint.ts'
import { installDependencies } from './install-dependencies.ts'
import { readManifest } from './read-manifest.ts'
import { unpackArchive } from './unpack-archive.ts'

/** Unpacks the action into a directory that lives as long as the process, makes it the working directory and loads it. */
export async function loadArchive(base64: string, main: string): Promise<Entrypoint> {
  const root = realpathSync(mkdtempSync(path.join(tmpdir(), 'action-')))
  process.once('exit', () => {
    process.chdir('/')
    rmSync(root, { recursive: true, force: true })
  })
  unpackArchive(base64, root)
  process.chdir(root)

  const dot = main.indexOf('.')
  const file = dot > 0 ? main.slice(0, dot) : undefined
  const member = dot > 0 ? main.slice(dot + 1) : main
  const entry = file === undefined ? findPackage(root) : findFile(root, file)
  await installDependencies(root)

  const require = createRequire(path.join(root, 'index.js'))
  const resolved = entry ?? require.resolve(root)
  if (!isEsModule(resolved, root)) return asEntrypoint(findMember(require(resolved), member), main)

  const exports: unknown = await import(pathToFileURL(resolved).href)
  return asEntrypoint(findMember(exports, member) ?? findMember(exports, `default.${member}`), main)
}

/** `undefined` leaves the choice to Node: the `main` of package.json, or index.js. */
function findPackage(root: string): string | undefined {
  const has = (name: string): boolean => existsSync(path.join(root, name))
  if (has('package.json') || has('index.js')) {
    return !has('index.js') && has('index.mjs') && !namesMain(root) ? path.join(root, 'index.mjs') : undefined
  }
  throw new InitializationError('Zipped actions must contain either package.json or index.js at the root.')
}

function findFile(root: string, file: string): string | undefined {
  const at = path.join(root, file)
  return ['.js', '.cjs', '.mjs'].map((extension) => at + extension).find(existsSync) ?? at
}

function namesMain(root: string): boolean {
  return typeof readManifest(root)?.['main'] === 'string'
}

function isEsModule(file: string, root: string): boolean {
  if (file.endsWith('.mjs')) return true
  if (!file.endsWith('.js')) return false
  for (let folder = path.dirname(file); folder.startsWith(root); folder = path.dirname(folder)) {
    const manifest = readManifest(folder)
    if (manifest) return manifest['type'] === 'module'
  }
  return false
}
