import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { spawnSync } from 'node:child_process'
import { afterAll, describe, expect, it } from 'vitest'
import { isPlatformError } from '@stemcell/core'
import { actionNodejs, RootFs, type RootFsEntry } from '@stemcell/images'
import { npmClosure } from '../src/host/npm-closure.ts'
import { tar } from '../src/archive/tar.ts'

const folder = mkdtempSync(join(tmpdir(), 'stemcell-root-fs-'))
afterAll(() => rmSync(folder, { recursive: true }))

const pathsOf = (root: RootFs): string[] => root.entries.map(({ path }) => path)

async function bytesOf(entries: readonly RootFsEntry[]): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of tar(entries)) chunks.push(chunk)
  return Buffer.concat(chunks)
}

describe('a root file system', () => {
  it('brings the parents of everything, and folders before what is in them', () => {
    expect(pathsOf(new RootFs().addText('/b/c/d', '').addText('/a', ''))).toEqual(['/a', '/b', '/b/c', '/b/c/d'])
  })

  it('takes links and modes of a folder as they are, but for the umask', () => {
    const tree = join(folder, 'tree')
    mkdirSync(join(tree, 'inside'), { recursive: true })
    writeFileSync(join(tree, 'inside', 'program'), '')
    chmodSync(join(tree, 'inside', 'program'), 0o700)
    writeFileSync(join(tree, 'left-out.md'), '')
    symlinkSync('inside/program', join(tree, 'link'))
    const root = new RootFs().addTree('/t', tree, (below) => !below.endsWith('.md'))
    expect(pathsOf(root)).toEqual(['/t', '/t/inside', '/t/inside/program', '/t/link'])
    expect(root.entries.at(-1)).toMatchObject({ type: 'link', target: 'inside/program' })
    expect(root.entries.at(-2)).toMatchObject({ type: 'file', mode: 0o755 })
  })

  it('has every library that the loader of this machine would load for a program', () => {
    const loaded = spawnSync('ldd', [process.execPath], { encoding: 'utf8' }).stdout
    const names = [...loaded.matchAll(/^\s*(\S+\.so\S*) => \//gm)].map(([, name]) => name!)
    expect(names).toContain('libc.so.6')
    const inImage = pathsOf(new RootFs().addProgram('/usr/bin/node', process.execPath)).map((path) =>
      path.split('/').at(-1),
    )
    expect(names.filter((name) => !inImage.includes(name))).toEqual([])
    expect(inImage).toContain(/(\S+\/ld-[^ ]+)/.exec(loaded)?.[1]?.split('/').at(-1))
  })

  it('refuses what is no program', () => {
    const script = join(folder, 'script')
    writeFileSync(script, '#!/bin/sh\n')
    expect(() => new RootFs().addProgram('/x', script)).toThrow(/is not a 64-bit program/)
  })
})

describe('a tar archive', () => {
  it('keeps paths up to 255 bytes and refuses longer ones', async () => {
    const path = `/${'a'.repeat(120)}/${'b'.repeat(90)}`
    const file = join(folder, 'long.tar')
    writeFileSync(file, await bytesOf([{ path, type: 'file', mode: 0o644, content: Buffer.from('x') }]))
    expect(spawnSync('tar', ['tf', file], { encoding: 'utf8' }).stdout).toBe(`${path.slice(1)}\n`)
    const longer: RootFsEntry = { path: `/${'a'.repeat(300)}`, type: 'folder', mode: 0o755 }
    await expect(bytesOf([longer])).rejects.toSatisfy((error) => isPlatformError(error, 'ERR_CONFIG'))
  })

  it('does not hide that a file changed meanwhile', async () => {
    const file = join(folder, 'changing')
    writeFileSync(file, 'four')
    const entry: RootFsEntry = { path: '/f', type: 'file', mode: 0o644, content: { file, bytes: 3 } }
    await expect(bytesOf([entry])).rejects.toThrow(/changed while it was read/)
  })
})

describe('the closure of an npm package', () => {
  const put = (place: string, dependencies: object): void => {
    mkdirSync(join(folder, 'app', place), { recursive: true })
    writeFileSync(join(folder, 'app', place, 'package.json'), JSON.stringify({ dependencies }))
  }

  it('has a second version of a package below the one that needs it', () => {
    put('node_modules/a', { b: '1', c: '1' })
    put('node_modules/b', {})
    put('node_modules/c', { b: '2', a: '1' })
    put('node_modules/c/node_modules/b', {})
    const places = npmClosure(['a'], join(folder, 'app')).map(({ place }) => place)
    expect(places.sort()).toEqual(['a', 'b', 'c', 'c/node_modules/b'].map((name) => `node_modules/${name}`))
  })

  it('names a package that is not installed', () => {
    put('node_modules/broken', { missing: '1' })
    expect(() => npmClosure(['broken'], join(folder, 'app'))).toThrow(/missing is not installed/)
  })
})

describe('the image action-nodejs', () => {
  it('has the runtime, the client and nobody but its user', () => {
    const { tag, layers, config } = actionNodejs.plan({})
    expect(tag).toBe(process.versions.node.split('.')[0])
    const paths = layers.flatMap(pathsOf)
    for (const path of ['/usr/bin/node', '/stemcell/runtime-nodejs/main.cjs', '/node_modules/openwhisk/package.json']) {
      expect(paths).toContain(path)
    }
    expect(config.user).toBe('65532:65532')
  })

  it('refuses an interpreter that is none', () => {
    expect(() => actionNodejs.plan({ programs: { node: '/bin/true' } })).toThrow(/does not answer like Node.js/)
  })
})
