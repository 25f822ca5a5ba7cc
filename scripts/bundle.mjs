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
const BUNDLED = /^\.\/dist\/bundle\/(.+)\.js$/

/** After the compiler. Files that would stay the same are not written. */
export async function bundle(names = readdirSync(packages)) {
  await Promise.all(names.map((name) => bundlePackage(join(packages, name))))
}

async function bundlePackage(folder) {
  const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  const entryPoints = entryPointsOf(manifest)
  if (Object.keys(entryPoints).length === 0) return
  const gathered = GATHERED[manifest.name] ?? []
  const { build } = await import('esbuild')
  const { outputFiles, metafile } = await build({
    absWorkingDir: folder,
    entryPoints,
    outdir: join('dist', 'bundle'),
    bundle: true,
    splitting: true,
    external: Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies, ...manifest.optionalDependencies })
      .filter((name) => !gathered.includes(name))
      .flatMap((name) => [name, `${name}/*`]),
    plugins: [requiredBuiltins, nativeBindings, withoutForeignMaps],
    format: 'esm',
    platform: 'node',
    target: 'node20.19',
    sourcemap: 'linked',
    metafile: true,
    write: false,
    logLevel: 'warning',
  })
  const files = new Map(outputFiles.map(({ path, contents }) => [basename(path), Buffer.from(contents)]))
  for (const [name, text] of thirdPartyLicences(folder, metafile)) files.set(name, text)
  writeAll(join(folder, 'dist', 'bundle'), files)
}

/** By the name of its bundle, the file that the compiler made of each export and of each program. */
function entryPointsOf({ exports = {} }) {
  const entries = Object.values(exports).flatMap((target) => {
    const { types, default: file } = typeof target === 'string' ? { default: target } : target
    const [, name] = BUNDLED.exec(file ?? '') ?? []
    return name === undefined ? [] : [[name, types?.replace(/\.d\.ts$/, '.js') ?? `./dist/${name}.js`]]
  })
  return Object.fromEntries(entries)
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
