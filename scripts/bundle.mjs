// Gathers what a package exports into few files in `dist/bundle`. Node.js takes a good part of a millisecond for each
// module, and a server has hundreds. Packages whose manifest names files of `dist/bundle` are gathered: those that are
// named, or all.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { nativeBindings, requiredBuiltins, withoutForeignMaps } from './bundle/gathered-modules.mjs'
import { thirdPartyLicences } from './bundle/third-party-licences.mjs'

const packages = join(dirname(fileURLToPath(import.meta.url)), '..', 'packages')
/** Dependencies that are gathered with a package, and theirs with them. They stay dependencies, for their types. */
const GATHERED = {
  '@stemcell/core': ['find-my-way', 'lru-cache', 'reflect-metadata', 'semver', 'tsyringe', 'zod'],
  '@stemcell/gateway': ['find-my-way', 'lru-cache'],
  '@stemcell/server': ['commander', 'pino'],
  '@stemcell/spi-level': ['classic-level'],
}
const BUNDLED = /^\.\/dist\/bundle\/(.+)\.(c?js)$/

/** After the compiler. Files that would stay the same are not written. */
export async function bundle(names = readdirSync(packages)) {
  await Promise.all(names.map((name) => bundlePackage(join(packages, name))))
}

async function bundlePackage(folder) {
  const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  const entries = entriesOf(manifest)
  if (entries.length === 0) return
  const gathered = GATHERED[manifest.name] ?? []
  const { build } = await import('esbuild')
  const shared = {
    absWorkingDir: folder,
    outdir: join('dist', 'bundle'),
    bundle: true,
    external: Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies, ...manifest.optionalDependencies })
      .filter((name) => !gathered.includes(name))
      .flatMap((name) => [name, `${name}/*`]),
    platform: 'node',
    target: 'node20.19',
    sourcemap: 'linked',
    metafile: true,
    write: false,
    logLevel: 'warning',
  }
  const plugins = [requiredBuiltins, nativeBindings, withoutForeignMaps]
  const named = (extension) =>
    Object.fromEntries(entries.filter((one) => one.extension === extension).map(({ name, file }) => [name, file]))
  const built = await Promise.all([
    build({ ...shared, entryPoints: named('js'), plugins, format: 'esm', splitting: true }),
    // A program that is started again and again: Node.js needs not even load what loads ES modules.
    build({ ...shared, entryPoints: named('cjs'), format: 'cjs', outExtension: { '.js': '.cjs' } }),
  ])
  const files = new Map()
  for (const { outputFiles, metafile } of built) {
    for (const { path, contents } of outputFiles) files.set(basename(path), Buffer.from(contents))
    for (const [name, text] of thirdPartyLicences(folder, metafile)) files.set(name, text)
  }
  writeAll(join(folder, 'dist', 'bundle'), files)
}

/** Name and kind of each bundle, and the file that the compiler made of that export or program. */
function entriesOf({ exports = {} }) {
  return Object.values(exports).flatMap((target) => {
    const { types, default: bundled } = typeof target === 'string' ? { default: target } : target
    const [, name, extension] = BUNDLED.exec(bundled ?? '') ?? []
    if (name === undefined) return []
    return [{ name, extension, file: types?.replace(/\.d\.ts$/, '.js') ?? `./dist/${name}.js` }]
  })
}

function writeAll(folder, files) {
  mkdirSync(folder, { recursive: true })
  for (const [name, contents] of files) {
    const file = join(folder, name)
    if (!existsSync(file) || !readFileSync(file).equals(contents)) writeFileSync(file, contents)
  }
  for (const name of readdirSync(folder)) if (!files.has(name)) rmSync(join(folder, name))
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const names = process.argv.slice(2)
  await bundle(names.length > 0 ? names : undefined)
}
