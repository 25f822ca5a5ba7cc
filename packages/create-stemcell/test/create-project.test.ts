import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { readCommandLine } from '../src/command-line.ts'
import { createProject, packagesOfClone } from '../src/create-project.ts'
import { SPIS, TEMPLATES, type Spi, type TemplateName } from '../src/templates.ts'

let root: string
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'create-stemcell-'))
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

const spis = Object.keys(SPIS) as Spi[]
const every: [TemplateName, Spi | undefined][] = [
  ...(Object.keys(TEMPLATES) as TemplateName[]).map((name): [TemplateName, undefined] => [name, undefined]),
  ...spis.map((spi): [TemplateName, Spi] => ['adapter', spi]),
]

describe('a new project', () => {
  it.each(every)('of template %s %s has its name, a test and nothing left to fill in', (template, spi) => {
    const folder = join(root, 'My Project')
    const { name, files } = createProject({ folder, template, ...(spi && { spi }) })
    expect(name).toBe('my-project')
    expect(files).toEqual(expect.arrayContaining(['.gitignore', 'README.md', 'package.json']))
    expect(files.some((file) => /^test\/.*\.test\.[jt]s$/.test(file))).toBe(true)
    for (const file of files) expect(readFileSync(join(folder, file), 'utf8'), file).not.toMatch(/__[A-Z]+__|\*\*NAME/)
    expect(readFileSync(join(folder, 'README.md'), 'utf8')).toMatch(/^# `my-project`\n/)
    const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Record<string, unknown>
    expect(manifest).toMatchObject({ name: 'my-project', private: true })
    const { version } = JSON.parse(readFileSync(join(import.meta.dirname, '../package.json'), 'utf8')) as {
      version: string
    }
    expect(JSON.stringify(manifest)).toContain(`"@stemcell/core":"^${version}"`)
  })

  it.each(spis)('of an adapter for %s runs the kit of its contract', (spi) => {
    const folder = join(root, 'mine')
    const { files } = createProject({ folder, template: 'adapter', spi })
    const tests = files
      .filter((file) => file.startsWith('test/'))
      .map((file) => readFileSync(join(folder, file), 'utf8'))
    expect(tests.join('\n')).toMatch(/^run\w+Conformance\('mine'/m)
  })

  it.each(every)(
    'of template %s %s uses the packages of a clone of the repository where it is made by one',
    (template, spi) => {
      const folder = join(root, 'x')
      const packages = packagesOfClone()
      createProject({ folder, template, packages, ...(spi && { spi }) })
      const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as {
        readonly dependencies?: Record<string, string>
        readonly devDependencies: Record<string, string>
      }
      const ours = Object.entries({ ...manifest.dependencies, ...manifest.devDependencies }).filter(([name]) =>
        name.startsWith('@stemcell/'),
      )
      expect(ours.map(([name]) => name)).toContain('@stemcell/core')
      for (const [name, where] of ours) {
        const there = JSON.parse(readFileSync(join(where.replace('file:', ''), 'package.json'), 'utf8')) as {
          name: string
        }
        expect(there.name).toBe(name)
      }
    },
  )

  it('has a name without accents', () => {
    expect(createProject({ folder: join(root, 'Mein Ädapter'), template: 'adapter' }).name).toBe('mein-adapter')
  })

  it('is not made over what is there, and nothing of that is touched', () => {
    writeFileSync(join(root, 'precious.txt'), 'mine')
    expect(() => createProject({ folder: root, template: 'platform' })).toThrow('precious.txt')
    expect(readdirSync(root)).toEqual(['precious.txt'])
    expect(() => createProject({ folder: join(root, 'precious.txt'), template: 'platform' })).toThrow('is a file')
  })

  it('may be made in a folder that has a repository and nothing else', () => {
    mkdirSync(join(root, '.git'))
    expect(createProject({ folder: root, template: 'platform', name: '@me/mine' }).name).toBe('@me/mine')
  })

  it.each(['Big', 'a b', '', '../up', 'a'.repeat(215)])('is not called %j', (name) => {
    expect(() => createProject({ folder: join(root, 'x'), template: 'platform', name })).toThrow(
      'no name for a package',
    )
    expect(readdirSync(root)).toEqual([])
  })
})

describe('the command line', () => {
  it('says what is made', () => {
    expect(readCommandLine(['my-queue', '--spi', 'queue', '--no-install'])).toMatchObject({
      folder: 'my-queue',
      template: 'adapter',
      spi: 'queue',
      install: false,
      test: false,
    })
  })

  it.each([
    [['--template', 'plattform'], 'there is no template "plattform": choose platform,'],
    [['--template', 'constructor'], 'there is no template'],
    [['--spi', 'kafka'], 'there is no contract "kafka": choose queue,'],
    [['--template', 'platform', '--spi', 'queue'], '--spi goes with --template adapter'],
    [['a', 'b'], 'one folder is made, not 2'],
    [['--tempalte', 'platform'], '--tempalte'],
  ])('%j is refused with what would be right', (args, message) => {
    expect(() => readCommandLine(args)).toThrow(message)
  })
})
