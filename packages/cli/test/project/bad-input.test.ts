import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, it } from 'vitest'
import { ProjectFolder } from '../harness/project-folder.ts'
import { runCli } from '../harness/run-cli.ts'

const OK = 'function main() { return {} }\n'

/** What is said of a project that cannot be; nothing of it may be sent anywhere. */
async function refusal(
  files: Readonly<Record<string, string>>,
  prepare?: (folder: ProjectFolder) => void,
): Promise<string> {
  const folder = ProjectFolder.of(files)
  try {
    prepare?.(folder)
    const { code, stderr, stdout } = await runCli(['deploy', 'p', '--dry-run'], { cwd: folder.path })
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    return stderr
  } finally {
    folder.remove()
  }
}

describe('a project that cannot be deployed is refused with file, line and what to do:', () => {
  it.each<[what: string, files: Record<string, string>, said: string | RegExp]>([
    [
      'a syntax error in JavaScript',
      { 'p/packages/default/a.js': 'function main() {\n  return {\n}\n' },
      /p\/packages\/default\/a\.js:4:1: Unexpected end of file/,
    ],
    [
      'a syntax error in an ES module',
      { 'p/packages/default/a.mjs': 'export const = 1\n' },
      /p\/packages\/default\/a\.mjs:1:14: Expected identifier/,
    ],
    [
      'a syntax error in TypeScript',
      { 'p/packages/default/a.ts': 'export const main = (\n: number => 1\n' },
      /p\/packages\/default\/a\.ts:2:1: .*\n +look at: : number/,
    ],
    [
      'a syntax error in what TypeScript imports',
      { 'p/packages/default/a.ts': "import '../../b.ts'\nexport const main = 1\n", 'p/b.ts': 'let let = ;\n' },
      /p\/b\.ts:1:/,
    ],
    [
      'an import that is not there',
      { 'p/packages/default/a.ts': "import { x } from './gone.ts'\nexport const main = x\n" },
      /a\.ts:1:19: Could not resolve ".\/gone.ts"/,
    ],
    [
      'a syntax error in Python',
      { 'p/packages/default/a.py': 'def main(args):\n    return {\n' },
      /p\/packages\/default\/a\.py:2:\d+: (?:'\{' was never closed|.*EOF.*)\n +look at: return \{/,
    ],
    [
      'a syntax error in a script',
      { 'p/packages/default/a.sh': '#!/bin/sh\nif true\necho\n' },
      /a\.sh:\d: .*[Ss]yntax error/,
    ],
    [
      'a syntax error in a file of a folder',
      { 'p/packages/default/a/index.js': OK, 'p/packages/default/a/lib.js': 'let 1' },
      /p\/packages\/default\/a\/lib\.js:1:5: /,
    ],
    [
      'a syntax error in YAML',
      { 'p/stemcell.yaml': 'actions:\n  a: [\n' },
      /p\/stemcell\.yaml:3:1: Flow sequence .*\n +correct the YAML/,
    ],
    [
      'a key twice in YAML',
      { 'p/stemcell.yaml': 'triggers:\n  a: {}\n  a: {}\n' },
      'p/stemcell.yaml:3:3: Map keys must be unique',
    ],
    [
      'a setting that does not exist',
      { 'p/stemcell.yaml': 'actions:\n  a:\n    web: true\n    wbe: true\n', 'p/packages/default/a.js': OK },
      'p/stemcell.yaml:4: there is no setting wbe here',
    ],
    [
      'a setting of the wrong type',
      { 'p/stemcell.yaml': 'actions:\n  a:\n    limits:\n      timeout: long\n', 'p/packages/default/a.js': OK },
      /p\/stemcell\.yaml:4: actions\.a\.limits\.timeout: .*expected/i,
    ],
    [
      'a comment with a setting that does not exist',
      { 'p/packages/default/a.js': `//--web true\n//--wbe true\n${OK}` },
      'p/packages/default/a.js:2: there is no setting --wbe',
    ],
    [
      'a comment with too few values',
      { 'p/packages/default/a.js': `//--param NAME\n${OK}` },
      'p/packages/default/a.js:1: --param takes 2 values, here are 1',
    ],
    [
      'a comment with a quote that is not closed',
      { 'p/packages/default/a.js': `//-a note "it\n${OK}` },
      'p/packages/default/a.js:1: -a: a " is not closed',
    ],
    [
      'a variable that is missing, in a comment',
      { 'p/packages/default/a.js': `//--param key $SECRET_KEY\n${OK}` },
      'p/packages/default/a.js:1: the environment has no SECRET_KEY\n    set SECRET_KEY in the environment, or in the file .env',
    ],
    [
      'a variable that is missing, in YAML',
      {
        'p/packages/default/a.js': OK,
        'p/stemcell.yaml': 'actions:\n  a:\n    parameters:\n      x: 1\n      key: a ${SECRET_KEY} b\n',
      },
      'p/stemcell.yaml:5: the environment has no SECRET_KEY',
    ],
    [
      'two files that make one name',
      { 'p/packages/default/a.js': OK, 'p/packages/default/a.py': 'def main(args):\n    return {}\n' },
      'p/packages/default/a.py: this and p/packages/default/a.js are both the action a\n    rename one of them',
    ],
    [
      'a file and a folder that make one name',
      { 'p/packages/default/a.js': OK, 'p/packages/default/a/index.js': OK },
      'are both the action a',
    ],
    [
      'an action and a package of one name',
      { 'p/packages/default/a.js': OK, 'p/packages/a/b.js': OK },
      'a is a action and a package at once',
    ],
    [
      'a name that OpenWhisk does not take',
      { 'p/packages/default/grüße.js': OK },
      /p\/packages\/default\/grüße\.js: grüße is no name for an action: .*\n +rename it, or give it a name in stemcell\.yaml/,
    ],
    [
      'an action without code',
      { 'p/stemcell.yaml': 'actions:\n  a: {}\n' },
      'p/stemcell.yaml:2: there is no code for the action a',
    ],
    [
      'a file that is not there',
      { 'p/stemcell.yaml': 'actions:\n  a:\n    file: src/a.js\n' },
      'p/stemcell.yaml:3: there is no p/src/a.js',
    ],
    [
      'a folder that is no action',
      { 'p/packages/default/a/lib.js': OK },
      'p/packages/default/a: this folder has no file',
    ],
    ['an empty file', { 'p/packages/default/a.js': '\n' }, 'p/packages/default/a.js: this file is empty'],
    ['a folder that is no project', { 'p/readme.md': '' }, 'p: this is no project: it has no folder packages'],
    ['a folder that is not there', { 'q/packages/default/a.js': OK }, 'there is no folder p'],
    [
      'an operation that is none',
      { 'p/stemcell.yaml': 'apis:\n  /shop:\n    FETCH /x: a\n' },
      'p/stemcell.yaml:3: FETCH /x is no operation of an API\n    write GET /path, for example',
    ],
    [
      'projects that name each other',
      { 'p/stemcell.yaml': 'projects: [../q]\n', 'q/stemcell.yaml': 'projects: [../p]\n' },
      'q/stemcell.yaml:1: ../p is this project, or one that names it',
    ],
    [
      'a manifest without packages',
      { 'p/manifest.yaml': 'project:\n  name: x\n' },
      'p/manifest.yaml:1: the manifest has no packages',
    ],
    [
      'a manifest that names a file that is not there',
      { 'p/manifest.yaml': 'packages:\n  a:\n    actions:\n      b:\n        function: gone.js\n' },
      'p/manifest.yaml:5: there is no p/gone.js',
    ],
    [
      'a manifest with code from the network',
      { 'p/manifest.yaml': 'packages:\n  a:\n    actions:\n      b:\n        function: https://example.org/b.js\n' },
      'p/manifest.yaml:5: functions are not fetched from the network',
    ],
    [
      'packages of Python that cannot be found',
      {
        'p/packages/default/a/__main__.py': 'def main(a):\n    return a\n',
        'p/packages/default/a/requirements.txt': './gone\n',
      },
      /p\/packages\/default\/a\/requirements\.txt: its packages cannot be installed: ERROR: .*gone/,
    ],
  ])('%s', async (_, files, said) => {
    const stderr = await refusal(files)
    if (typeof said === 'string') expect(stderr).toContain(said)
    else expect(stderr).toMatch(said)
  })

  it('a place for packages of Python that takes nothing', async () => {
    const files = {
      'p/packages/default/a/__main__.py': 'def main(a):\n    return a\n',
      'p/packages/default/a/requirements.txt': 'x\n',
    }
    const stderr = await refusal(files, (folder) => {
      mkdirSync(folder.join('p/.stemcell'))
      writeFileSync(folder.join('p/.stemcell/python'), 'a file where the folder should be')
    })
    expect(stderr).toMatch(/its packages cannot be installed: .*\n +make room, or make the folder writable/)
  })

  it('a link that leads nowhere', async () => {
    const stderr = await refusal({ 'p/packages/default/a.js': OK }, (folder) =>
      symlinkSync(folder.join('gone'), folder.join('p/packages/default/b.js')),
    )
    expect(stderr).toContain('p/packages/default/b.js: it cannot be read (ENOENT)\n    make it readable, or remove it')
  })

  it('everything at once, so that nobody has to try again and again', async () => {
    const stderr = await refusal({
      'p/packages/default/a.js': 'function main( {',
      'p/packages/default/b.py': 'def main(:\n',
      'p/packages/default/c.js': `//--wbe true\n${OK}`,
    })
    for (const file of ['a.js', 'b.py', 'c.js']) expect(stderr).toContain(`p/packages/default/${file}:1`)
  })
})

describe('a server', () => {
  const files = { 'p/packages/default/a.js': OK }
  const KEY = '23bc46b1-71f6-4ed5-8c54-816aa4f8c502:123'

  it('that nothing names is said to be unknown', async () => {
    const folder = ProjectFolder.of(files)
    const { code, stderr } = await runCli(['deploy', 'p'], { cwd: folder.path })
    folder.remove()
    expect(code).toBe(1)
    expect(stderr).toMatch(/^error: no server is known: start one here with `stemcell`/)
  })

  it('is not needed for a plan, also of a manifest', async () => {
    const folder = ProjectFolder.of(files)
    folder.copyExample('manifest')
    for (const name of ['p', 'manifest']) {
      const { code, stderr, stdout } = await runCli(['deploy', name, '--dry-run'], { cwd: folder.path })
      expect({ code, stderr }).toEqual({
        code: 0,
        stderr: 'warning: no server is known: this is the plan for an empty one\n',
      })
      expect(stdout).toMatch(/ to add, 0 to change, 0 to remove, 0 unchanged\n$/)
    }
    folder.remove()
  })

  it('that breaks off in the middle leaves what was made, and that is said', async () => {
    let puts = 0
    const broken = createServer((request, response) => {
      if (request.method === 'PUT' && ++puts > 1) {
        request.socket.destroy()
        return
      }
      request.resume()
      const isNamespaces = request.url === '/api/v1/namespaces'
      response.setHeader('content-type', 'application/json')
      response.end(
        isNamespaces
          ? '["guest"]'
          : request.method === 'PUT'
            ? '{}'
            : request.url!.includes('/web/')
              ? '{"apis":[]}'
              : '[]',
      )
    })
    await new Promise<void>((resolve) => broken.listen(0, '127.0.0.1', resolve))
    const { port } = broken.address() as AddressInfo
    const folder = ProjectFolder.of({ ...files, 'p/packages/default/b.js': OK })
    const apihost = `http://127.0.0.1:${port}`
    const { code, stderr } = await runCli(['deploy', 'p', '--apihost', apihost, '--auth', KEY], { cwd: folder.path })
    folder.remove()
    broken.closeAllConnections()
    broken.close()
    expect(code).toBe(1)
    expect(stderr).toContain('1 of 2 changes were made: action a\n')
    expect(stderr).toContain(`error: action b: ${apihost} does not answer (named by --apihost)`)
  })

  it('is not asked for a folder that is not there', async () => {
    const folder = ProjectFolder.of(files)
    const outcome = await runCli(['dev', 'q', '--apihost', 'http://127.0.0.1:1', '--auth', KEY], { cwd: folder.path })
    const nowhere = await runCli(['list', '--data', 'p'], { cwd: folder.path })
    folder.remove()
    expect(outcome).toEqual({ code: 1, stdout: '', stderr: 'error: there is no folder q\n' })
    const place = folder.join('p')
    expect(nowhere.stderr).toBe(`error: ${place} is no data folder of a server: there is no ${place}/.wskprops\n`)
  })

  it('that is not there is named, with what named it', async () => {
    const folder = ProjectFolder.of({ ...files, '.wskprops': `APIHOST=http://127.0.0.1:1\nAUTH=${KEY}\n` })
    const { code, stderr } = await runCli(['deploy', 'p'], { cwd: folder.path })
    expect(code).toBe(1)
    expect(stderr).toBe(
      `error: http://127.0.0.1:1 does not answer (named by ${folder.join('.wskprops')}): start it, or name another one\n`,
    )
    const plan = await runCli(['deploy', 'p', '--dry-run'], { cwd: folder.path })
    folder.remove()
    expect(plan).toMatchObject({ code: 0, stderr: expect.stringContaining('this is the plan for an empty one') })
    expect(plan.stdout).toContain('+ action a')
  })
})
