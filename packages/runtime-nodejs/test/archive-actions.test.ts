import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
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
    ['an absolute path', '/etc'],
    ['a parent', '../../etc'],
    ['nothing', 'missing'],
    ['itself', 'l'],
  ])('keep a link to %s as it is', async (_, target) => {
    const archive = buildZip([
      { ...index, data: 'exports.main = () => ({ target: require("node:fs").readlinkSync("l") })' },
      { name: 'l', data: target, mode: 0o120777 },
    ])
    expect(await resultOf(archive)).toEqual({ target })
  })

  test.each<[string, readonly ZipFile[]]>([
    ['a file below it', [{ name: 'out/evil-through-link', data: 'x' }]],
    ['a link below it', [{ name: 'out/evil-through-link', data: 'x', mode: 0o120777 }]],
    ['a folder below it', [{ name: 'out/evil-through-link/', mode: 0o40755 }]],
  ])('cannot write through a link of their own: %s', async (_, below) => {
    const link = { name: 'out', data: tmpdir(), mode: 0o120777 }
    for (const entries of [
      [link, ...below],
      [...below, link],
    ]) {
      expect(await errorOf(buildZip([index, ...entries]))).toContain(
        `${ZIP_FAILURE} 'out' is a file or link where the archive has a folder.`,
      )
      expect(existsSync(path.join(tmpdir(), 'evil-through-link'))).toBe(false)
    }
  })

  test('cannot write through a link by a second entry of its name', async () => {
    const runtime = await startRuntime()
    const victim = path.join(runtime.folder, 'victim')
    writeFileSync(victim, 'mine')
    const archive = buildZip([
      { ...index, data: 'exports.main = () => ({ text: require("node:fs").readFileSync("out", "utf8") })' },
      { name: 'out', data: victim, mode: 0o120777 },
      { name: 'out', data: 'theirs' },
    ])
    expect(await init(runtime, archive)).toMatchObject({ status: 200 })
    expect(await runtime.run({})).toMatchObject({ json: { text: 'theirs' } })
    expect(readFileSync(victim, 'utf8')).toBe('mine')
  })

  test('may have several entries of a name: the last counts', async () => {
    const last = { ...index, data: 'exports.main = () => ({ last: 1 })' }
    expect(await resultOf(buildZip([{ ...index, data: 'elsewhere', mode: 0o120777 }, index, last]))).toEqual({
      last: 1,
    })
  })

  test('with a file where they need a folder are refused', async () => {
    const archive = buildZip([index, { name: 'a', data: '' }, { name: 'a/b', data: '' }])
    expect(await errorOf(archive)).toBe(`${ZIP_FAILURE} 'a/b' needs a folder where the archive has a file.`)
    const other = buildZip([index, { name: 'a/b', data: '' }, { name: 'a', data: '' }])
    expect(await errorOf(other)).toBe(`${ZIP_FAILURE} 'a' is a file or link where the archive has a folder.`)
  })

  test('of Windows keep their folders', async () => {
    const archive = buildZip([
      { ...index, data: 'exports.main = require("./lib/a.js").main' },
      {
        name: 'lib\\a.js',
        data: 'exports.main = () => ({ files: require("node:fs").readdirSync("empty") })',
        system: 0,
      },
      { name: 'empty', system: 0, mode: 0, dosAttributes: 0x10 },
    ])
    expect(await resultOf(archive)).toEqual({ files: [] })
  })

  test('with names in an old code page keep them apart', async () => {
    const name = (byte: number): Buffer => Buffer.from([0x66, byte])
    const archive = buildZip([
      { ...index, data: 'exports.main = () => ({ count: require("node:fs").readdirSync(".").length })' },
      { name: name(0x81), data: '1', flags: 0 },
      { name: name(0x84), data: '2', flags: 0 },
    ])
    expect(await resultOf(archive)).toEqual({ count: 3 })
  })

  test.each([
    ['with bytes after their end', (zip: Buffer) => Buffer.concat([zip, Buffer.from('\nrest')])],
    ['with a comment that looks like an end', (zip: Buffer) => withComment(zip, Buffer.from('PK\x05\x06'.padEnd(40)))],
  ])('%s are read', async (_, change) => {
    expect(await resultOf(change(buildZip([index])))).toEqual({ ok: 1 })
  })

  test('of the zip64 format are read', async () => {
    expect(await resultOf(buildZip([{ ...index, zip64: true }]))).toEqual({ ok: 1 })
  })

  test.each([
    ['a false checksum', { crc: 1 }, 'is damaged'],
    ['a false size', { claimedSize: 3 }, 'larger than 3 bytes'],
    ['a size beyond the limit', { claimedSize: 0x20000001 }, 'unpacks to more than 536870912 bytes'],
    ['a zip64 size that is not there', { claimedSize: 0xffffffff }, 'zip64 field of a record is missing'],
    ['a pipe', { mode: 0o010644 }, 'neither file, folder nor link'],
    ['encryption', { flags: 1 }, 'is encrypted'],
    ['an unknown compression', { method: 12 }, 'compression method 12'],
  ])('with %s are refused', async (_, damage, text) => {
    const error = await errorOf(buildZip([{ ...index, ...damage }]))
    expect(error).toContain(ZIP_FAILURE)
    expect(error).toContain(text)
  })

  test('that are cut short are refused', async () => {
    expect(await errorOf(buildZip([index]).subarray(0, 60))).toContain(ZIP_FAILURE)
    const far = buildZip([index])
    far.writeUInt32LE(0x7fffffff, far.length - 22 - 46 - index.name.length + 42)
    expect(await errorOf(far)).toBe(`${ZIP_FAILURE} The archive is cut short.`)
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

function withComment(zip: Buffer, comment: Buffer): Buffer {
  const out = Buffer.concat([zip, comment])
  out.writeUInt16LE(comment.length, zip.length - 2)
  return out
}

describe('archives of a folder with links out of it', () => {
  function folderOfLinks(root: string): string {
    const folder = path.join(root, 'src')
    mkdirSync(path.join(folder, 'node_modules/.bin'), { recursive: true })
    const code = `const { readlinkSync } = require('node:fs')
      exports.main = () => ({ bin: readlinkSync('node_modules/.bin/pruned'), node: readlinkSync('node'), via: require('./via') })`
    writeFileSync(path.join(folder, 'index.js'), code)
    writeFileSync(path.join(folder, 'real.json'), '"real"')
    symlinkSync('../pruned/cli.js', path.join(folder, 'node_modules/.bin/pruned'))
    symlinkSync('/usr/bin/node', path.join(folder, 'node'))
    symlinkSync('real.json', path.join(folder, 'via.json'))
    return folder
  }

  // To a pipe it cannot write links.
  function zipWithLinks(folder: string): Buffer {
    execFileSync('zip', ['-qry', '../links.zip', '.'], { cwd: folder })
    return readFileSync(path.join(folder, '../links.zip'))
  }

  test.each([
    ['zip -y', zipWithLinks],
    ['tar', (folder: string) => execFileSync('tar', ['-czf', '-', '-C', folder, '.'])],
    ['tar of names', (folder: string) => execFileSync('sh', ['-c', 'tar -czf - *'], { cwd: folder })],
  ])('made by %s run', async (_, pack) => {
    const runtime = await startRuntime()
    expect(await init(runtime, pack(folderOfLinks(runtime.folder)))).toMatchObject({ status: 200 })
    expect((await runtime.run({})).json).toEqual({ bin: '../pruned/cli.js', node: '/usr/bin/node', via: 'real' })
  })
})

describe('package.json', () => {
  const entry = { name: 'lib/entry.js', data: 'export const main = () => ({ ok: 1 })' }

  test('may start with a byte order mark', async () => {
    const json = `\uFEFF${JSON.stringify({ type: 'module', main: 'lib/entry.js' })}`
    expect(await resultOf(buildZip([{ name: 'package.json', data: json }, entry]))).toEqual({ ok: 1 })
  })

  test('that is no JSON is named', async () => {
    const archive = buildZip([{ name: 'package.json', data: '{"main":' }, entry, { name: 'index.mjs', data: '' }])
    expect(await errorOf(archive)).toMatch(/due to: .*package\.json/i)
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
    ['a hard link to nothing', { name: 'l', type: '1', link: 'missing' }],
    ['a hard link to a folder', { name: 'l', type: '1', link: '.' }],
    ['a hard link out', { name: 'l', type: '1', link: '../../etc/passwd' }],
    ['a device', { name: 'l', type: '3' }],
  ])('with %s are refused', async (_, file) => {
    expect(await errorOf(buildTarGz([index, file]))).toContain(TAR_FAILURE)
  })

  test('that are cut short are refused', async () => {
    expect(await errorOf(buildTarGz([index]).subarray(0, 80))).toContain(TAR_FAILURE)
  })

  test('may have hard links to links, a label, and the name of the program that packed them', async () => {
    const archive = buildTarGz([
      { name: 'label', type: 'V' },
      { name: 'soft', type: '2', link: 'nowhere' },
      { name: 'hard', type: '1', link: 'soft' },
      { ...index, data: 'exports.main = () => ({ target: require("node:fs").readlinkSync("hard") })' },
    ])
    const flagged = Buffer.concat([archive.subarray(0, 3), Buffer.from([0x10]), archive.subarray(4, 10)])
    const commented = Buffer.concat([flagged, Buffer.from('made by hand\0'), archive.subarray(10)])
    expect(await resultOf(commented)).toEqual({ target: 'nowhere' })
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
