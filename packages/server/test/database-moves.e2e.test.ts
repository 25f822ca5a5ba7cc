import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { text } from 'node:stream/consumers'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { describeWith } from '../../../test/describe-with.ts'
import { call, invokeOnce, putAction } from './harness/api.ts'
import { eventually } from '../../../test/eventually.ts'
import { PROGRAM, SpawnedServer, TestFolder } from './harness/spawned-server.ts'

describeWith('couchdb', 'the data of a server', (url) => {
  const prefix = `t${randomBytes(8).toString('hex')}`
  const databases = { entities: `${prefix}_e`, subjects: `${prefix}_s`, activations: `${prefix}_a` }
  let folder: TestFolder

  beforeEach(() => {
    folder = new TestFolder()
  })

  afterEach(async () => {
    const { origin, username, password } = new URL(url)
    const account = Buffer.from(decodeURIComponent(`${username}:${password}`)).toString('base64')
    for (const name of Object.values(databases)) {
      await fetch(`${origin}/${name}`, { method: 'DELETE', headers: { authorization: `Basic ${account}` } })
    }
    await folder.remove()
  })

  async function admin(...args: string[]): Promise<string> {
    const child = spawn(process.execPath, [PROGRAM, 'admin', 'db', ...args], { env: { COUCHDB_URL: url } })
    const exited = new Promise<number | null>((resolve) => child.once('close', resolve))
    const [code, stdout, stderr] = await Promise.all([exited, text(child.stdout), text(child.stderr)])
    expect([code, stderr], args.join(' ')).toEqual([0, ''])
    return stdout
  }

  /** The content of an export: what differs between stores, as cursors and the order of members do, left out. */
  function contentOf(file: string): unknown[] {
    const lines = readFileSync(file, 'utf8').trimEnd().split('\n')
    return lines
      .map((line) => JSON.parse(line) as Record<string, unknown>)
      .map(({ sum: _sum, all: _all, cursor: _cursor, ...content }) => content)
      .sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1))
  }

  it('moves to CouchDB and back, and nothing is lost', { timeout: 120_000 }, async () => {
    const server = await SpawnedServer.start(folder)
    const { data } = server
    await putAction(server, 'small', 'const main = () => ({ small: 1 })')
    await putAction(server, 'large', `const main = () => ({ large: 1 }) // ${'x'.repeat(50_000)}`)
    for (const name of ['large', 'small']) await invokeOnce(server, name)
    const { record: moved } = await invokeOnce(server, 'small')
    await eventually('the records', async () => {
      const { json } = await call(server, 'GET', 'activations')
      return Array.isArray(json) && json.length === 3
    })
    const first = folder.join('first.jsonl')
    expect(await admin('export', first, '--data', data)).toContain('3 activation records')
    expect(await server.stop()).toEqual({ code: 0, signal: null })

    const options = { databases }
    const config = folder.write('couch.json', JSON.stringify({ stores: { adapter: '@stemcell/spi-couchdb', options } }))
    const couch = ['--config', config, '--data', folder.join('couch')]
    expect(await admin('init', ...couch)).toContain('whisks: ready')
    expect(await admin('import', first, ...couch)).toContain('activations: 3 stored, 0 there already')
    expect(await admin('migrate', ...couch)).toContain('indexes: up to date')
    expect(await admin('check', ...couch)).toContain('activations: 3 records, 0 problems')
    const second = folder.join('second.jsonl')
    await admin('export', second, ...couch)
    expect(contentOf(second)).toEqual(contentOf(first))

    const back = folder.join('back')
    await admin('init', '--data', back)
    expect(existsSync(folder.join('back', 'store'))).toBe(true)
    await admin('import', second, '--data', back)
    const third = folder.join('third.jsonl')
    await admin('export', third, '--data', back)
    expect(contentOf(third)).toEqual(contentOf(first))

    const again = await SpawnedServer.start(folder, { data: back })
    expect((await invokeOnce(again, 'large')).record.response.result).toEqual({ large: 1 })
    expect((await call(again, 'GET', `activations/${moved.activationId}`)).json).toMatchObject({ name: 'small' })
    expect(await again.stop()).toEqual({ code: 0, signal: null })
  })
})

function keyOf(content: Record<string, unknown>): string {
  const { store, id, record } = content
  return JSON.stringify([store, id, (record as { readonly activationId?: string } | undefined)?.activationId])
}
