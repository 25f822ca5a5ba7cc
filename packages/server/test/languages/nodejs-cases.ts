import { describe, expect, it } from 'vitest'
import { request } from 'undici'
import { invokeOnce } from '../harness/api.ts'
import { zipOf } from '../harness/zip-of.ts'
import { MEGABYTE, type Actions } from './actions.ts'

const KIND = 'nodejs:default'

/** What holds for JavaScript actions wherever they run. */
export function nodejsCases(actions: Actions): void {
  describe('JavaScript actions', () => {
    it('print into their records and answer with unicode', async () => {
      const code = 'function main({ name }) { console.log("hello ☃", name); return { greeting: `Grüße, ${name}` } }'
      await actions.put('greet-js', { kind: KIND, code })
      const { record } = await invokeOnce(actions.server, 'greet-js', { name: '世界 🧬' })
      expect(record.response.result).toEqual({ greeting: 'Grüße, 世界 🧬' })
      expect(await actions.logsOf(record.activationId)).toEqual(['stdout hello ☃ 世界 🧬'])
    })

    it('bring packages in an archive', async () => {
      const archive = zipOf({
        'package.json': '{"main":"start.js"}',
        'start.js': 'exports.run = async () => ({ a: require("./words"), b: (await import("dep")).default })',
        'words.js': 'module.exports = "hi"',
        'node_modules/dep/package.json': '{"name":"dep","type":"module","exports":"./dep.js"}',
        'node_modules/dep/dep.js': 'export default "dependency"',
      })
      await actions.put('packed-js', { kind: KIND, code: archive.toString('base64'), main: 'run' })
      expect(await actions.result('packed-js')).toEqual({ a: 'hi', b: 'dependency' })
    })

    it('take and give a megabyte', async () => {
      await actions.put('large-js', { kind: KIND, code: 'const main = (args) => args' })
      expect(((await actions.result('large-js', { text: MEGABYTE })) as { text: string }).text === MEGABYTE).toBe(true)
    })

    it('find the packages that OpenWhisk has in its image, for require and import', async () => {
      const code = `const { v4 } = require('uuid'); const redis = require('redis')
        async function main() {
          const openwhisk = (await import('openwhisk')).default
          return { same: openwhisk === require('openwhisk'), id: v4().length, redis: typeof redis.createClient }
        }`
      await actions.put('packages', { kind: KIND, code })
      expect(await actions.result('packages')).toEqual({ same: true, id: 36, redis: 'function' })
      const archive = zipOf({
        'package.json': '{"type":"module","main":"index.js"}',
        'index.js': 'import openwhisk from "openwhisk"; export const main = () => ({ client: typeof openwhisk })',
      })
      await actions.put('packages-zip', { kind: KIND, code: archive.toString('base64') })
      expect(await actions.result('packages-zip')).toEqual({ client: 'function' })
    })

    it.each([
      ['a result', 'const main = () => deep(1001)'],
      ['an error', 'const main = () => ({ error: deep(1001) })'],
      ['a rejection', 'const main = () => Promise.reject({ why: deep(1001) })'],
    ])('of which %s is too deep are developer errors', async (_what, main) => {
      const code = `const deep = (levels) => { let a = []; for (let i = 1; i < levels; i++) a = [a]; return a }\n${main}`
      await actions.put('deep-js', { kind: KIND, code })
      const { record } = await invokeOnce(actions.server, 'deep-js')
      const error = 'The action produced a response that is nested more than 1000 levels deep.'
      expect(record.response).toMatchObject({ status: 'action developer error', result: { error } })
    })

    it('serve bytes to the web', async () => {
      const code = `function main({ __ow_body }) {
        const bytes = Buffer.from(__ow_body, 'base64').reverse()
        return { headers: { 'content-type': 'application/octet-stream' }, body: bytes.toString('base64') }
      }`
      await actions.put('bytes', { kind: KIND, code }, { annotations: [{ key: 'web-export', value: true }] })
      const bytes = Buffer.from(Array.from({ length: 100_000 }, (_, index) => (index * 7) % 256))
      const { statusCode, body } = await request(`${actions.server.url}/api/v1/web/guest/default/bytes.http`, {
        method: 'POST',
        headers: { 'content-type': 'application/octet-stream' },
        body: bytes,
      })
      expect(statusCode).toBe(200)
      expect(Buffer.from(await body.arrayBuffer()).equals(bytes.reverse())).toBe(true)
    })

    it('that throw are developer errors, with what they threw', async () => {
      await actions.put('throw', { kind: KIND, code: 'function main() { throw new Error("on purpose") }' })
      const { record } = await invokeOnce(actions.server, 'throw')
      expect(record.response).toMatchObject({
        status: 'action developer error',
        result: { error: expect.stringContaining('on purpose') },
      })
    })
  })
}
