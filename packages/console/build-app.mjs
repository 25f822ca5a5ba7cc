// Builds the console's page into `assets`, each file plain, gzipped and as brotli. Quick when nothing changed.
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { brotliCompressSync, constants, gzipSync } from 'node:zlib'

const here = dirname(fileURLToPath(import.meta.url))
const app = join(here, 'app')
const assets = join(here, 'assets')
const stamp = join(assets, '.built-from')

const filesIn = (folder) =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((file) => statSync(file).isFile())
    .sort()

/** What the build depends on: the sources, this program, and the versions of what is bundled. */
function inputs() {
  const hash = createHash('sha256')
  for (const file of [...filesIn(app), fileURLToPath(import.meta.url), join(here, 'package.json')]) {
    hash.update(relative(here, file)).update('\0').update(readFileSync(file)).update('\0')
  }
  return hash.digest('hex')
}

export async function buildApp() {
  const from = inputs()
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === from) return
  const { build } = await import('vite')
  await build({
    root: app,
    // A proxy may put it below a path of its own.
    base: './',
    configFile: false,
    logLevel: 'error',
    build: {
      outDir: assets,
      emptyOutDir: true,
      assetsInlineLimit: 0,
      target: 'es2022',
      modulePreload: { polyfill: false },
    },
  })
  for (const file of filesIn(assets).filter((name) => /\.(?:js|css|html|svg)$/.test(name))) {
    const content = readFileSync(file)
    writeFileSync(`${file}.gz`, gzipSync(content, { level: 9 }))
    writeFileSync(`${file}.br`, brotliCompressSync(content, { params: { [constants.BROTLI_PARAM_QUALITY]: 10 } }))
  }
  writeFileSync(stamp, from)
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await buildApp()
