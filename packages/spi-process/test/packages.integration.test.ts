import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Container } from '@stemcell/core'
import { describe, expect, it } from 'vitest'
import { buildZip } from '../../runtime-nodejs/test/build-zip.ts'
import { openFactory, options, run, spec, start, temporaryFolder } from './harness.ts'

const PACKAGES = ['openwhisk', 'redis', 'redis-commands', 'uuid']

async function startArchive(
  settings: Parameters<typeof openFactory>[0],
  files: Readonly<Record<string, string>>,
): Promise<Container> {
  const container = await (await openFactory(settings)).create(spec())
  const code = buildZip(Object.entries(files).map(([name, data]) => ({ name, data }))).toString('base64')
  const value = { name: 'a', main: 'main', binary: true, code }
  const { status, body } = await container.init(JSON.stringify({ value }), options())
  if (status !== 200) throw new Error(body)
  return container
}

function packageIn(folder: string, name: string, text: string): void {
  mkdirSync(join(folder, name), { recursive: true })
  writeFileSync(join(folder, name, 'package.json'), JSON.stringify({ name, type: 'commonjs', main: 'index.js' }))
  writeFileSync(join(folder, name, 'index.js'), text)
}

describe('packages that OpenWhisk has in its image', () => {
  it.each(PACKAGES)('%s is there for require and import in source text', async (name) => {
    const container = await start(
      await openFactory(),
      `const found = require('${name}')
       async function main() { return { required: typeof found, imported: typeof (await import('${name}')).default } }`,
    )
    const { required, imported } = await run(container)
    expect(['function', 'object']).toContain(required)
    expect(['function', 'object', 'undefined']).toContain(imported)
  })

  it('are there for require in an archive, and what they need as well', async () => {
    const container = await startArchive(undefined, {
      'package.json': '{"main":"index.js"}',
      'index.js': `const openwhisk = require('openwhisk'); const { v4 } = require('uuid')
        exports.main = () => ({ client: typeof openwhisk({ apihost: 'http://h', api_key: 'a:b' }).actions.invoke, id: v4().length })`,
    })
    expect(await run(container)).toEqual({ client: 'function', id: 36 })
  })

  it('are there for import in an archive of ES modules', async () => {
    const container = await startArchive(undefined, {
      'package.json': '{"type":"module","main":"lib/index.js"}',
      'lib/index.js': `import openwhisk from 'openwhisk'; import { v4 } from 'uuid'
        export const main = () => ({ client: typeof openwhisk, id: v4().length })`,
    })
    expect(await run(container)).toEqual({ client: 'function', id: 36 })
  })

  it('give way to the version that an archive brings', async () => {
    const container = await startArchive(undefined, {
      'package.json': '{"main":"index.js"}',
      'node_modules/openwhisk/package.json': '{"name":"openwhisk","main":"index.js"}',
      'node_modules/openwhisk/index.js': 'module.exports = "own"',
      'index.js': `exports.main = async () => ({
        required: require('openwhisk'), imported: (await import('openwhisk')).default, id: typeof require('uuid').v4 })`,
    })
    expect(await run(container)).toEqual({ required: 'own', imported: 'own', id: 'function' })
  })

  it('give way to those of packagesDir, which can be imported too', async () => {
    const packagesDir = temporaryFolder()
    packageIn(packagesDir, 'openwhisk', 'module.exports = "the operator’s"')
    packageIn(packagesDir, '@scope/one', 'module.exports = "scoped"')
    const container = await start(
      await openFactory({ packagesDir }),
      `exports.main = async () => ({ required: require('openwhisk'), scoped: require('@scope/one'),
         imported: (await import('@scope/one')).default, id: typeof require('uuid').v4 })`,
    )
    expect(await run(container)).toEqual({
      required: 'the operator’s',
      scoped: 'scoped',
      imported: 'scoped',
      id: 'function',
    })
  })

  it('are all that an action finds of this machine', async () => {
    const container = await start(
      await openFactory(),
      `function main() { try { require('zod'); return { found: true } } catch (error) { return { code: error.code } } }`,
    )
    expect(await run(container)).toEqual({ code: 'MODULE_NOT_FOUND' })
  })
})
