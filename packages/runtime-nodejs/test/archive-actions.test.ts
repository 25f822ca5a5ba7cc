import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { buildTarGz, type TarFile } from './build-tar-gz.ts'
import { buildZip, type ZipFile } from './build-zip.ts'
import { type Answer, eventually, type RuntimeProcess, startRuntime } from './runtime-process.ts'

const ZIP_FAILURE = 'Initialization has failed due to: There was an error uncompressing the action Zip archive.'
const TAR_FAILURE = 'Initialization has failed due to: There was an error uncompressing the action Tar GZ archive.'

function init(runtime: RuntimeProcess, archive: Buffer, main = 'main'): Promise<Answer> {
  return runtime.init(archive.toString('base64'), { binary: true, main })
}

async function resultOf(archive: Buffer, main?: string): Promise<unknown> {
  const runtime = await startRuntime()
  expect(await init(runtime, archive, main)).toMatchObject({ status: 200 })
  return (await runtime.run({})).json
}

async function errorOf(archive: Buffer, main?: string): Promise<string> {
  const runtime = await startRuntime()
  const answer = await init(runtime, archive, main)
  expect(answer.status).toBe(502)
  return (answer.json as { error: string }).error
}

const manifest = (content: object): { name: string; data: string } => ({
  name: 'package.json',
  data: JSON.stringify(content),
})

describe.each([
  ['a zip', (files: { name: string; data: string }[]) => buildZip(files)],
  ['a tar.gz', (files: { name: string; data: string }[]) => buildTarGz(files)],
])('%s', (_, build) => {
  test('runs index.js from the root', async () => {
    expect(await resultOf(build([{ name: 'index.js', data: 'exports.main = () => ({ ok: 1 })' }]))).toEqual({ ok: 1 })
  })

  test('runs the main of package.json with the modules and data in its folders, in its own directory', async () => {
    const archive = build([
      manifest({ main: 'lib/deep/entry.js' }),
      {
        name: 'lib/deep/entry.js',
        data: `const fs = require('node:fs'); const dep = require('dep')
          exports.go = () => ({ dep, data: fs.readFileSync('data/ü.txt', 'utf8'), here: process.cwd() === require('node:path').resolve(__dirname, '../..') })`,
      },
      { name: 'node_modules/dep/index.js', data: 'module.exports = 42' },
      { name: 'data/ü.txt', data: 'größe' },
    ])
    expect(await resultOf(archive, 'go')).toEqual({ dep: 42, data: 'größe', here: true })
  })

  test('runs a function of a named file, however deep', async () => {
    const archive = build([
      { name: 'index.js', data: 'exports.main = () => ({})' },
      { name: 'other.js', data: 'exports.fn = () => ({ other: 1 }); exports.deep = { er: () => ({ other: 2 }) }' },
    ])
    expect(await resultOf(archive, 'other.fn')).toEqual({ other: 1 })
    expect(await resultOf(archive, 'other.deep.er')).toEqual({ other: 2 })
  })

  test('runs ES modules', async () => {
    const entry = `import { readFileSync } from 'node:fs'; import dep from './dep.js'
      const size = await Promise.resolve(readFileSync('index.js').length > 0); export const main = () => ({ dep, size })`
    const dep = { name: 'dep.js', data: 'export default 5' }
    const result = { dep: 5, size: true }
    expect(await resultOf(build([manifest({ type: 'module' }), { name: 'index.js', data: entry }, dep]))).toEqual(
      result,
    )
    const mjs = { name: 'index.mjs', data: 'export default { main: () => ({ mjs: 1 }) }' }
    expect(await resultOf(build([manifest({ main: 'index.mjs' }), mjs]))).toEqual({ mjs: 1 })
    expect(await resultOf(build([manifest({}), mjs]), 'index.main')).toEqual({ mjs: 1 })
  })

  test('without package.json and index.js is refused', async () => {
    expect(await errorOf(build([{ name: 'main.js', data: 'exports.main = () => ({})' }]))).toBe(
      'Initialization has failed due to: Zipped actions must contain either package.json or index.js at the root.',
    )
  })

  test('whose entrypoint is missing is refused', async () => {
    const archive = build([{ name: 'index.js', data: 'exports.other = 1' }])
    expect(await errorOf(archive)).toBe(`Initialization has failed due to: Action entrypoint 'main' is not a function.`)
  })

  test('that fails to load shows its own stack', async () => {
    const error = await errorOf(build([{ name: 'index.js', data: '\nthrow new Error("at load")' }]))
    expect(error).toMatch(/due to: Error: at load\n {4}at .*index\.js:2:7/)
  })

  test.each(['../evil.js', 'a/../../evil.js', '/tmp/evil.js', 'a/b/../../../evil.js'])(
    'with the path %s is refused and writes nothing outside',
    async (name) => {
      const runtime = await startRuntime()
      const answer = await init(
        runtime,
        build([
          { name: 'index.js', data: '' },
          { name, data: 'evil' },
        ]),
      )
      expect(answer.status).toBe(502)
      expect(answer.text).toContain(name.startsWith('/') ? 'is not a relative path' : 'leads out of the archive')
      expect(readdirSync(runtime.folder, { recursive: true }).filter((file) => String(file).includes('evil'))).toEqual(
        [],
      )
    },
  )

  test('is removed from disk when the process ends', async () => {
    const runtime = await startRuntime()
    await init(runtime, build([{ name: 'index.js', data: 'exports.main = () => ({ cwd: process.cwd() })' }]))
    const { cwd } = (await runtime.run({})).json as { cwd: string }
    expect(existsSync(path.join(cwd, 'index.js'))).toBe(true)
    runtime.child.kill('SIGTERM')
    await runtime.exited()
    expect(existsSync(cwd)).toBe(false)
  })
})

describe('zip archives', () => {
  const index: ZipFile = { name: 'index.js', data: 'exports.main = () => ({ ok: 1 })' }

  test('may mix stored and deflated files, folders and executables', async () => {
    const archive = buildZip([
      {
        ...index,
        data: `const { statSync } = require('node:fs'); const { execFileSync } = require('node:child_process')
        exports.main = () => ({ out: execFileSync('./bin/tool').toString(), folder: statSync('empty').isDirectory() })`,
      },
      { name: 'empty/', stored: true, mode: 0o40755 },
      { name: 'bin/tool', data: '#!/bin/sh\necho hi', stored: true, mode: 0o100755 },
    ])
    expect(await resultOf(archive)).toEqual({ out: 'hi\n', folder: true })
  })

  test('may contain links that stay inside', async () => {
    const archive = buildZip([
      { name: 'link.js', data: 'lib/real.js', mode: 0o120777 },
      { name: 'lib/real.js', data: 'exports.main = () => ({ real: 1 })' },
      { name: 'index.js', data: 'exports.main = require("./link.js").main' },
    ])
    expect(await resultOf(archive)).toEqual({ real: 1 })
  })

  test.each([
    ['an absolute path', [{ name: 'l', data: '/etc' }]],
    ['a parent', [{ name: 'l', data: '../../etc' }]],
    [
      'a way out over another link',
      [
        { name: 'd/x', data: '..' },
        { name: 'l', data: 'd/x/../..' },
      ],
    ],
    ['nothing', [{ name: 'l', data: 'missing' }]],
  ])('with a link to %s are refused', async (_, links) => {
    const archive = buildZip([index, ...links.map((link) => ({ ...link, mode: 0o120777 }))])
    expect(await errorOf(archive)).toMatch(/out of the archive|links to nothing/)
  })

  test('cannot write through a link of their own', async () => {
    const archive = buildZip([
      index,
      { name: 'out', data: '/tmp', mode: 0o120777 },
      { name: 'out/evil-through-link', data: 'x' },
    ])
    expect(await errorOf(archive)).toContain(ZIP_FAILURE)
    expect(existsSync('/tmp/evil-through-link')).toBe(false)
  })

  test.each([
    ['a false checksum', { crc: 1 }, 'is damaged'],
    ['a false size', { claimedSize: 3 }, 'larger than 3 bytes'],
    ['a size beyond the limit', { claimedSize: 0x20000001 }, 'unpacks to more than 536870912 bytes'],
    ['the zip64 format', { claimedSize: 0xffffffff }, 'zip64 format is not supported'],
    ['encryption', { flags: 1 }, 'is encrypted'],
    ['an unknown compression', { method: 12 }, 'compression method 12'],
  ])('with %s are refused', async (_, damage, text) => {
    const error = await errorOf(buildZip([{ ...index, ...damage }]))
    expect(error).toContain(ZIP_FAILURE)
    expect(error).toContain(text)
  })

  test('that are cut short are refused', async () => {
    expect(await errorOf(buildZip([index]).subarray(0, 60))).toContain(ZIP_FAILURE)
  })

  test('made by the zip command run', async () => {
    const runtime = await startRuntime()
    mkdirSync(path.join(runtime.folder, 'src/lib'), { recursive: true })
    writeFileSync(path.join(runtime.folder, 'src/index.js'), 'exports.main = require("./lib/a").main')
    writeFileSync(path.join(runtime.folder, 'src/lib/a.js'), 'exports.main = () => ({ a: 1 })')
    const archive = execFileSync('zip', ['-qr', '-', '.'], { cwd: path.join(runtime.folder, 'src') })
    expect(await init(runtime, archive)).toMatchObject({ status: 200 })
    expect(await runtime.run({})).toMatchObject({ json: { a: 1 } })
  })
})

describe('tar.gz archives', () => {
  const index: TarFile = { name: 'index.js', data: 'exports.main = () => ({ ok: 1 })' }
  const long = `${'folder/'.repeat(30)}file.js`

  test('may contain long names of GNU and pax, hard and symbolic links', async () => {
    const pax = ` path=${long}2\n`
    const archive = buildTarGz([
      { name: '././@LongLink', type: 'L', data: `${long}\0` },
      { name: 'cut', data: 'module.exports = 1' },
      { name: 'pax', type: 'x', data: `${pax.length + 3}${pax}` },
      { name: 'cut', data: 'module.exports = 2' },
      { name: '././@LongLink', type: 'K', data: `${long}\0` },
      { name: 'hard.js', type: '1', link: 'cut' },
      { name: 'soft.js', type: '2', link: './hard.js' },
      { name: './', type: '5' },
      {
        name: './index.js',
        data: `exports.main = () => ({ all: ['./${long}', './hard.js', './soft.js'].map(require), text: require('node:fs').readFileSync('./${long}2', 'utf8') })`,
      },
    ])
    expect(await resultOf(archive)).toEqual({ all: [1, 1, 1], text: 'module.exports = 2' })
  })

  test.each([
    ['a symbolic link out', { name: 'l', type: '2', link: '../..' }],
    ['a hard link out', { name: 'l', type: '1', link: '../../etc/passwd' }],
    ['a device', { name: 'l', type: '3' }],
  ])('with %s are refused', async (_, file) => {
    expect(await errorOf(buildTarGz([index, file]))).toContain(TAR_FAILURE)
  })

  test('that are cut short are refused', async () => {
    expect(await errorOf(buildTarGz([index]).subarray(0, 80))).toContain(TAR_FAILURE)
  })

  test('made by the tar command run', async () => {
    const runtime = await startRuntime()
    mkdirSync(path.join(runtime.folder, 'src'))
    writeFileSync(path.join(runtime.folder, 'src/index.js'), 'exports.main = () => ({ tar: 1 })')
    const archive = execFileSync('tar', ['-czf', '-', '-C', path.join(runtime.folder, 'src'), '.'])
    expect(await init(runtime, archive)).toMatchObject({ status: 200 })
    expect(await runtime.run({})).toMatchObject({ json: { tar: 1 } })
  })
})

describe('other binaries', () => {
  test('of an unknown type are refused', async () => {
    expect(await errorOf(Buffer.from('neither nor'))).toBe(
      'Initialization has failed due to: There was an error uncompressing the action archive. The file type is unsupported',
    )
  })

  test('that are no base64 are refused', async () => {
    const runtime = await startRuntime()
    const error = 'Initialization has failed due to: There was an error reading the action archive.'
    expect(await runtime.init('!!!!', { binary: true })).toMatchObject({ status: 502, json: { error } })
  })
})

describe('dependencies', () => {
  const archive = buildZip([
    manifest({ dependencies: { dep: 'file:./dep' } }),
    { name: 'dep/package.json', data: JSON.stringify({ name: 'dep', version: '1.0.0' }) },
    { name: 'dep/index.js', data: 'module.exports = "installed"' },
    { name: 'index.js', data: 'const dep = require("dep"); exports.main = () => ({ dep })' },
  ])

  test('are not installed by default', async () => {
    expect(await errorOf(archive)).toContain(`Cannot find module 'dep'`)
  })

  test('are installed before the action loads when the operator allows it', { timeout: 60_000 }, async () => {
    const runtime = await startRuntime({ env: { OW_ENABLE_INIT_INSTALL: 'true' } })
    expect(await init(runtime, archive)).toMatchObject({ status: 200 })
    expect(await runtime.run({})).toMatchObject({ json: { dep: 'installed' } })
  })

  test('that cannot be installed fail the init with the output of npm', { timeout: 60_000 }, async () => {
    const runtime = await startRuntime({ env: { OW_ENABLE_INIT_INSTALL: 'true' } })
    const broken = buildZip([manifest({ dependencies: { dep: 'file:./missing.tgz' } }), { name: 'index.js', data: '' }])
    const answer = await init(runtime, broken)
    expect(answer.status).toBe(502)
    expect(answer.text).toContain('npm install failed (exit')
  })
})

test('an init or run during an init is refused', async () => {
  const runtime = await startRuntime()
  const slow = buildZip([
    {
      name: 'index.mjs',
      data: `console.log('loading'); const alive = setInterval(() => {}, 1000)
        await new Promise((resolve) => process.on('SIGUSR2', resolve)); clearInterval(alive)
        export const main = () => ({ ok: 1 })`,
    },
    manifest({ main: 'index.mjs' }),
  ])
  const first = init(runtime, slow)
  await eventually(() => runtime.stdout().includes('loading'))
  const starting = { status: 403, json: { error: 'System not ready, status is starting.' } }
  expect(await runtime.init('function main() {}')).toMatchObject(starting)
  expect(await runtime.run({})).toMatchObject({ status: 403, json: { error: 'System not initialized.' } })
  await eventually(() => {
    runtime.child.kill('SIGUSR2')
    return Promise.race([first.then(() => true), new Promise<boolean>((resolve) => setImmediate(resolve, false))])
  })
  expect(await first).toMatchObject({ status: 200 })
  expect(await runtime.run({})).toMatchObject({ json: { ok: 1 } })
})
