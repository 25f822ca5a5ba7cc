import { describe, expect, it } from 'vitest'
import type { Entity, Project } from '../../src/project/model.ts'
import { readProjects } from '../../src/project/read-project.ts'
import { ProjectFolder } from '../harness/project-folder.ts'

const JS = 'function main() { return {} }\n'

async function read(
  files: Readonly<Record<string, string>>,
  environment: Readonly<Record<string, string>> = {},
): Promise<Project> {
  const folder = ProjectFolder.of({ 'src/hello.js': JS, ...files })
  try {
    const [project] = await readProjects('.', { environment, cwd: folder.path })
    return project!
  } finally {
    folder.remove()
  }
}

/** As they would be sent, without where they come from. */
async function entities(manifest: string, more: Readonly<Record<string, string>> = {}, env = {}): Promise<object[]> {
  const project = await read({ 'manifest.yaml': manifest, ...more }, env)
  return project.entities.map((entity: Entity) => {
    const shown: Record<string, unknown> = { ...entity }
    delete shown['source']
    return shown
  })
}

const plainPackage = (name: string): object => ({
  kind: 'package',
  name,
  parameters: {},
  annotations: {},
  shared: false,
})
const plainAction = (name: string): object => ({
  kind: 'action',
  name,
  exec: { kind: 'nodejs:default', code: JS },
  parameters: {},
  annotations: {},
  limits: {},
})
const WEB = { 'web-export': true, 'raw-http': false, final: true }

describe('a manifest of wskdeploy means what it means there:', () => {
  it.each([
    ['packages at the top', 'packages:\n  p:\n    actions:\n      a:\n        function: src/hello.js\n'],
    [
      'a project with packages',
      'project:\n  name: x\n  packages:\n    p:\n      actions:\n        a:\n          function: src/hello.js\n',
    ],
    [
      'an application with packages',
      'application:\n  name: x\n  packages:\n    p:\n      actions:\n        a:\n          location: src/hello.js\n',
    ],
    ['a single package', 'package:\n  name: p\n  actions:\n    a:\n      function: src/hello.js\n'],
  ])('%s', async (_, manifest) => {
    expect(await entities(manifest)).toEqual([plainPackage('p'), plainAction('p/a')])
  })

  it('the package default is none', async () => {
    const manifest = 'packages:\n  default:\n    actions:\n      a:\n        function: src/hello.js\n'
    expect(await entities(manifest)).toEqual([plainAction('a')])
  })

  it('inputs have values, or the names of types, which stand for their defaults, or are declared over several lines', async () => {
    const manifest = `packages:
  default:
    actions:
      a:
        function: src/hello.js
        inputs:
          plain: word
          number: 3
          list: [1, 2]
          object: { a: { b: 1 } }
          string: string
          integer: integer
          float: float
          boolean: boolean
          valued: { type: integer, description: d, value: 7 }
          defaulted: { type: string, default: otherwise }
          declared: { type: integer }
          flag: { type: boolean, value: $FLAG }
          count: { type: integer, value: '\${COUNT}' }
`
    const [action] = await entities(manifest, {}, { FLAG: 'true', COUNT: '12' })
    expect(action).toMatchObject({
      parameters: {
        plain: 'word',
        number: 3,
        list: [1, 2],
        object: { a: { b: 1 } },
        string: '',
        integer: 0,
        float: 0,
        boolean: false,
        valued: 7,
        defaulted: 'otherwise',
        declared: 0,
        flag: true,
        count: 12,
      },
    })
  })

  it('$NAME, ${NAME} and parts of texts come from the environment, $$ is a dollar, and what is missing is empty and warned of', async () => {
    const manifest = `packages:
  $PACKAGE:
    actions:
      a:
        function: $FILE
        inputs: { user: $USER_NAME, host: 'https://\${USER_NAME}.com', money: '$\${USER_NAME}', gone: 'a\${GONE}b' }
        annotations: { owner: $USER_NAME }
`
    const project = await read({ 'manifest.yaml': manifest }, { PACKAGE: 'p', FILE: 'src/hello.js', USER_NAME: 'ann' })
    expect(project.entities[0]).toMatchObject({ kind: 'package', name: 'p' })
    expect(project.entities[1]).toMatchObject({
      name: 'p/a',
      parameters: { user: 'ann', host: 'https://ann.com', money: '${USER_NAME}', gone: 'ab' },
      annotations: { owner: 'ann' },
    })
    expect(project.warnings).toEqual(['manifest.yaml: the environment has no GONE: it is left empty'])
  })

  it('values of a deployment file win over those of the manifest', async () => {
    const manifest = `project:
  name: x
  packages:
    p:
      inputs: { tone: low }
      actions: { a: { function: src/hello.js, inputs: { name: string, place: Paris } } }
      triggers: { t: { inputs: { name: string } } }
`
    const deployment = `project:
  packages:
    p:
      inputs: { tone: high }
      actions: { a: { inputs: { name: Ann }, annotations: { note: 1 } } }
      triggers: { t: { inputs: { name: Bo } } }
`
    const found = await entities(manifest, { 'deployment.yaml': deployment })
    expect(found[0]).toMatchObject({ kind: 'package', parameters: { tone: 'high' } })
    expect(found[1]).toMatchObject({ parameters: { name: 'Ann', place: 'Paris' }, annotations: { note: 1 } })
    expect(found[2]).toMatchObject({ kind: 'trigger', parameters: { name: 'Bo' } })
  })

  it('runtimes are written with @ or :, or are the default of a language or of the ending of the file', async () => {
    const manifest = `packages:
  default:
    actions:
      a: { function: src/hello.js, runtime: nodejs@20 }
      b: { function: src/hello.js, runtime: 'nodejs:20' }
      c: { function: src/hello.js, runtime: nodejs }
      d: { function: src/hello.py }
      e: { code: 'def main(args): return args', runtime: 'python:3' }
      f: { function: src/hello.sh, native: true }
      g: { function: src/hello.js, docker: some/image, main: run }
`
    const found = await entities(manifest, {
      'src/hello.py': 'def main(a):\n  return a\n',
      'src/hello.sh': '#!/bin/sh\n',
    })
    expect(found.map((entity) => (entity as { exec: object }).exec)).toEqual([
      { kind: 'nodejs:20', code: JS },
      { kind: 'nodejs:20', code: JS },
      { kind: 'nodejs:default', code: JS },
      { kind: 'python:default', code: 'def main(a):\n  return a\n' },
      { kind: 'python:3', code: 'def main(args): return args' },
      { kind: 'blackbox', image: 'openwhisk/dockerskeleton', code: '#!/bin/sh\n' },
      { kind: 'blackbox', image: 'some/image', code: JS, main: 'run' },
    ])
  })

  it('limits have their own names, and those that are none of an action are warned of', async () => {
    const manifest = `packages:
  default:
    actions:
      a: { function: src/hello.js, limits: { timeout: 1000, memorySize: 128, logSize: 1, concurrentActivations: 9 } }
`
    const project = await read({ 'manifest.yaml': manifest })
    expect(project.entities[0]).toMatchObject({ limits: { timeout: 1000, memory: 128, logs: 1 } })
    expect(project.warnings).toEqual(['manifest.yaml: the limit concurrentActivations is not one of an action'])
  })

  it.each([
    ['web: true', WEB],
    ['web: yes', WEB],
    ['web-export: true', WEB],
    ['annotations: { web-export: true }', WEB],
    ['web: raw', { ...WEB, 'raw-http': true }],
    ['{ web: true, raw-http: true }', { ...WEB, 'raw-http': true }],
    ['web: no', { 'web-export': false, 'raw-http': false, final: false }],
  ])('%s', async (web, annotations) => {
    const given = web.startsWith('{') ? web.slice(1, -1) : web
    const manifest = `packages:\n  default:\n    actions:\n      a: { function: src/hello.js, ${given} }\n`
    expect(await entities(manifest)).toEqual([{ ...plainAction('a'), annotations }])
  })

  it('sequences, rules and APIs mean actions of their package unless they say more, and an action behind an API is a web action', async () => {
    const manifest = `packages:
  p:
    actions: { a: { function: src/hello.js } }
    sequences: { s: { actions: 'a, /whisk.system/utils/echo, other/b', web: true } }
    triggers:
      t: {}
      clock: { feed: /whisk.system/alarms/alarm, inputs: { cron: '* * * * *' } }
      old: { source: feeds/mine }
    rules: { r: { trigger: t, action: a }, q: { trigger: t, action: other/b } }
    apis: { title: { base: { path: { a: { method: GET, response: json }, s: post } } } }
`
    const found = await entities(manifest)
    expect(found).toEqual([
      plainPackage('p'),
      { ...plainAction('p/a'), annotations: WEB },
      {
        ...plainAction('p/s'),
        exec: { kind: 'sequence', components: ['/_/p/a', '/whisk.system/utils/echo', '/_/other/b'] },
        annotations: WEB,
      },
      { kind: 'trigger', name: 't', parameters: {}, annotations: {} },
      {
        kind: 'trigger',
        name: 'clock',
        parameters: {},
        annotations: {},
        feed: { action: '/whisk.system/alarms/alarm', parameters: { cron: '* * * * *' } },
      },
      {
        kind: 'trigger',
        name: 'old',
        parameters: {},
        annotations: {},
        feed: { action: '/_/feeds/mine', parameters: {} },
      },
      { kind: 'rule', name: 'r', trigger: '/_/t', action: '/_/p/a', annotations: {} },
      { kind: 'rule', name: 'q', trigger: '/_/t', action: '/_/other/b', annotations: {} },
      {
        kind: 'api',
        name: 'GET /base/path',
        basePath: '/base',
        path: '/path',
        verb: 'get',
        action: '/_/p/a',
        responseType: 'json',
        title: 'title',
      },
      {
        kind: 'api',
        name: 'POST /base/path',
        basePath: '/base',
        path: '/path',
        verb: 'post',
        action: '/_/p/s',
        responseType: 'http',
        title: 'title',
      },
    ])
  })

  it('packages are shared when they are public, and bound when they are dependencies', async () => {
    const manifest = `packages:
  p:
    public: true
    dependencies: { tools: { location: /whisk.system/utils, inputs: { x: 1 } } }
`
    expect(await entities(manifest)).toEqual([
      { ...plainPackage('p'), shared: true },
      { ...plainPackage('tools'), parameters: { x: 1 }, binding: { namespace: 'whisk.system', name: 'utils' } },
    ])
  })

  it('a folder as function is zipped', async () => {
    const manifest = 'packages:\n  default:\n    actions:\n      a: { function: src/more }\n'
    const [action] = await entities(manifest, { 'src/more/package.json': '{"main":"x.js"}', 'src/more/x.js': JS })
    const { code } = (action as { exec: { code: string } }).exec
    expect(Buffer.from(code, 'base64').subarray(0, 2).toString()).toBe('PK')
  })
})
