import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { afterAll, describe, expect, it } from 'vitest'
import { isPlatformError } from '@stemcell/core'
import { actionLoop, actionPython, actionSkeleton, imageDefinitions, RootFs, type ImagePlan } from '@stemcell/images'
import { testWith } from '../../../test/test-with.ts'
import { compilePython } from '../src/host/compile-python.ts'
import { findProgram } from '../src/host/find-program.ts'

const folder = mkdtempSync(join(tmpdir(), 'stemcell-definitions-'))
afterAll(() => rmSync(folder, { recursive: true }))

const pathsOf = ({ layers }: ImagePlan): string[] => layers.flatMap((layer) => layer.entries.map(({ path }) => path))
const linkOf = ({ layers }: ImagePlan, path: string): string | undefined => {
  const entry = layers.flatMap((layer) => layer.entries).find((one) => one.path === path)
  return entry?.type === 'link' ? entry.target : undefined
}

describe('every image', () => {
  it('has a name of its own, the same lowest layer, and a user who is not root', () => {
    expect(imageDefinitions.map(({ name }) => name)).toEqual([
      'action-nodejs',
      'action-python',
      'action-skeleton',
      'action-loop',
    ])
    const [node, skeleton] = [imageDefinitions[0]!.plan({}), actionSkeleton.plan({})]
    expect(isDeepStrictEqual(skeleton.layers[0]!.entries, node.layers[0]!.entries)).toBe(true)
    expect(skeleton.config.user).toBe('65532:65532')
  })
})

describe('the image action-python', () => {
  const python = (title: string, body: () => Promise<void>): void =>
    testWith('python3', title, body, { timeout: 120_000 })

  python('has the interpreter, what it loads, and what a compiler would make of it', async () => {
    const plan = actionPython.plan({})
    const paths = pathsOf(plan)
    expect(plan.tag).toBe('3')
    expect(plan.furtherTags).toEqual([linkOf(plan, '/usr/bin/python3')?.slice('python'.length)])
    expect(linkOf(plan, '/usr/bin/python3')).toMatch(/^python3\.\d+$/)
    for (const wanted of [/\/python3\.\d+\/os\.py$/, /\/json\/__pycache__\/decoder\.cpython-\d+\.pyc$/]) {
      expect(paths.filter((path) => wanted.test(path))).toHaveLength(1)
    }
    for (const wanted of [
      /\/lib-dynload\/_ssl\..*so$/,
      /\/libssl\.so/,
      /\/launcher\.py$/,
      /\/runtime-actionloop\/dist/,
    ]) {
      expect(paths.filter((path) => wanted.test(path)).length).toBeGreaterThan(0)
    }
    expect(paths.filter((path) => /\/(tests?|idlelib|site-packages)\/|\.a$|_tkinter/.test(path))).toEqual([])
    expect(isDeepStrictEqual(plan.layers[1]!.entries, actionPython.plan({}).layers[1]!.entries)).toBe(true)
  })

  python('keeps what does not compile as it is', async () => {
    writeFileSync(join(folder, 'good.py'), 'x = 1\n')
    writeFileSync(join(folder, 'bad.py'), 'x = = 1\n')
    const modules = ['bad', 'good'].map((name) => ({ file: join(folder, `${name}.py`), name: `/${name}.py` }))
    const [bad, good] = compilePython(findProgram('python3')!, modules)
    expect(bad).toBeUndefined()
    // What follows the version: never to be checked against its source.
    expect(good?.readUInt32LE(4)).toBe(1)
  })

  it.each([
    ['/nowhere/python3', /does not answer like Python 3/],
    ['/bin/true', /does not answer like Python 3/],
  ])('is not made with %s', (python3, message) => {
    expect(() => actionPython.plan({ programs: { python3 } })).toThrow(message)
  })
})

describe('the images of scripts and executables', () => {
  it('differ in how the runtime speaks to a program', () => {
    expect([actionSkeleton, actionLoop].map((one) => one.plan({}).config.entrypoint.at(-1))).toEqual([
      'skeleton',
      'actionloop',
    ])
  })

  it('have a shell, its tools and /bin', () => {
    const plan = actionSkeleton.plan({})
    expect(linkOf(plan, '/bin')).toBe('usr/bin')
    for (const name of ['sh', 'cat', 'env', 'mkfifo', 'sed']) expect(pathsOf(plan)).toContain(`/usr/bin/${name}`)
  })

  testWith('gcc', 'take the tools of BusyBox where there is one', async () => {
    const busybox = join(folder, 'busybox')
    writeFileSync(`${busybox}.c`, '#include <stdio.h>\nint main(void) { puts("sh\\ncat\\nbusybox"); return 0; }\n')
    execFileSync('gcc', ['-o', busybox, `${busybox}.c`])
    const plan = actionSkeleton.plan({ programs: { busybox } })
    expect(['sh', 'cat', 'busybox'].map((name) => linkOf(plan, `/usr/bin/${name}`))).toEqual([
      'busybox',
      'busybox',
      undefined,
    ])
    expect(pathsOf(plan)).not.toContain('/usr/bin/sed')
  })

  it('are not made without a shell', () => {
    // A program, and no BusyBox: it lists nothing.
    const make = (): unknown => actionSkeleton.plan({ programs: { busybox: '/bin/true' } })
    expect(make).toThrow(/no shell: install busybox or dash/)
    expect(make).toThrow(expect.toSatisfy((error) => isPlatformError(error, 'ERR_CONFIG')) as Error)
  })
})

describe('a layer', () => {
  it('is without what a lower one has already, unless it differs', () => {
    const lower = new RootFs().addText('/a', 'same').addText('/b', 'old')
    const upper = new RootFs().addText('/a', 'same').addText('/b', 'new').addText('/c/d', '')
    expect(upper.without(lower).entries.map(({ path }) => path)).toEqual(['/b', '/c', '/c/d'])
  })

  it('has the file that a link of a folder leads to somewhere else', () => {
    const tree = join(folder, 'tree')
    mkdirSync(tree)
    writeFileSync(join(folder, 'elsewhere'), 'text')
    symlinkSync('../elsewhere', join(tree, 'out'))
    symlinkSync('out', join(tree, 'in'))
    symlinkSync('/nowhere', join(tree, 'to-nothing'))
    const kinds = new RootFs().addTree('/t', tree).entries.map(({ path, type }) => `${path} ${type}`)
    expect(kinds).toEqual(['/t folder', '/t/in file', '/t/out file', '/t/to-nothing link'])
  })
})
