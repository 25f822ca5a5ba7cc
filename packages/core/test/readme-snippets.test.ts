import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'

const root = resolve(import.meta.dirname, '../../..')
const readme = readFileSync(join(root, 'packages/core/README.md'), 'utf8')
const snippets = [...readme.matchAll(/```js\n([^]*?)```/g)].map(([, code]) => code!)

/** Asks the server of a snippet, and closes everything. */
const endings: readonly [name: string, ending: string][] = [
  [
    'express',
    `if (!server.listening) await new Promise((ready) => server.once('listening', ready))
     const ask = (path) => fetch('http://127.0.0.1:' + server.address().port + path)
     console.log((await ask('/api/v1')).status, (await ask('/api/v1/namespaces')).status)
     server.close()`,
  ],
  [
    'fastify',
    `const ask = (path) => fetch('http://127.0.0.1:' + app.server.address().port + path)
     console.log((await ask('/api/v1/')).status, (await ask('/api/v1/namespaces')).status)
     await app.close()`,
  ],
  ['fetch', ''],
]

describe('the README of core shows a platform', () => {
  it.each(endings)('in %s as it runs', async (name, ending) => {
    const code = snippets.find((snippet) => snippet.includes(name === 'fetch' ? 'platform.fetch' : `from '${name}'`))
    expect(code).toBeDefined()
    const program = `${code!.replace('3233', '0')}\n${ending}\nawait platform.close()`
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', program], {
      cwd: root,
    })
    expect(stdout).toMatch(name === 'fetch' ? /^401 \{/ : /^(200|404) 401\n$/)
  })
})
