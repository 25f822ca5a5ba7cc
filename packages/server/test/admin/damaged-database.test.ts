import {
  adapterContext,
  AdministrationError,
  SubjectAdministration,
  type Activation,
  type JsonObject,
} from '@stemcell/core'
import { levelStores } from '@stemcell/spi-level'
import { ClassicLevel } from 'classic-level'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { AdminTarget } from '../../src/admin/admin-target.ts'
import { execute } from '../../src/admin/execute.ts'

const actionOf = (name: string): JsonObject => ({
  namespace: 'ns',
  name,
  exec: { kind: 'x', code: { attachmentName: 'code', attachmentType: 'x/y' }, binary: false },
  parameters: [],
  limits: {},
  updated: 1,
  entityType: 'action',
})

const recordOf = (index: number): Activation => ({
  namespace: 'ns',
  name: 'a',
  version: '0.0.1',
  subject: 'alice',
  activationId: index.toString(16).padStart(32, '0'),
  start: index,
  publish: false,
  response: { statusCode: 0 },
  logs: ['a line of a log'],
  annotations: [],
})

describe('a damaged database', () => {
  let dir: string

  beforeEach(() => (dir = mkdtempSync(join(tmpdir(), 'stemcell-damaged-'))))
  afterEach(() => rmSync(dir, { recursive: true }))

  async function withTarget<T>(work: (target: AdminTarget) => Promise<T>): Promise<T> {
    const context = adapterContext()
    const stores = levelStores({ dir: join(dir, 'data') })
    const subjects = stores.subjectStore.build(context)
    const entities = stores.entityStore.build(context)
    const activations = stores.activationStore.build(context)
    const all = [subjects, entities, activations]
    await Promise.all(all.map((store) => store.open()))
    try {
      return await work({
        administration: async () => new SubjectAdministration(subjects, context),
        subjects: async () => subjects,
        entities: async () => entities,
        activations: async () => activations,
        repairEmbedded: () => Promise.reject(new Error('it is open')),
        invoker: () => Promise.reject(new Error('there is no invoker')),
        subjectsChanged: () => undefined,
      })
    } finally {
      await Promise.all(all.map((store) => store.close()))
    }
  }

  async function filled(): Promise<void> {
    await withTarget(async (target) => {
      const [entities, activations, subjects] = [
        await target.entities(),
        await target.activations(),
        await target.subjects(),
      ]
      for (const name of ['a', 'b', 'c']) {
        const bytes = Buffer.from(`function main() { return '${name}' }`)
        await entities.put(`ns/${name}`, actionOf(name), { attachments: { code: { contentType: 'x/y', bytes } } })
      }
      for (const index of [1, 2, 3]) await activations.put(recordOf(index))
      await subjects.put('alice', { subject: 'alice', namespaces: [{ name: 'ns', uuid: 'u', key: 'k' }] })
    })
  }

  /** Changes a bit of what is stored under the key. */
  async function flip(key: string, at: number): Promise<void> {
    const db = new ClassicLevel<string, Uint8Array>(join(dir, 'data'), { valueEncoding: 'view' })
    const value = Buffer.from((await db.get(key))!)
    value[at] = value[at]! ^ 1
    await db.put(key, value)
    await db.close()
  }

  /** The same of the first place where the records, which have a file of their own, hold the text. */
  function flipInRecords(text: string): void {
    const folder = join(dir, 'data', 'records')
    const file = join(folder, readdirSync(folder)[0]!)
    const bytes = readFileSync(file)
    bytes[bytes.indexOf(text)]! ^= 1
    writeFileSync(file, bytes)
  }

  it('is named by db check, item by item, and exported but for that', async () => {
    await filled()
    await flip('ebns/a\0code', 15)
    await flip('edns/b', 100)
    flipInRecords(`"activationId":"${recordOf(2).activationId}"`)
    await flip('sdalice', 40)
    const printed: string[] = []
    const file = join(dir, 'all.jsonl')
    await withTarget(async (target) => {
      const print = async (line: string): Promise<void> => void printed.push(line)
      await expect(execute({ do: 'db check' }, target, print)).rejects.toSatisfy(
        (error: unknown) => error instanceof AdministrationError && error.message === '4 problems were found',
      )
      for (const part of [
        "whisks: ns/a: attachment 'code': ERR_CORRUPT",
        'whisks: ns/b: ERR_CORRUPT',
        'subjects: alice: ERR_CORRUPT',
        recordOf(2).activationId,
      ]) {
        expect(printed.filter((line) => line.includes(part) && line.includes('ERR_CORRUPT'))).toHaveLength(1)
      }
      await execute({ do: 'db export', file }, target, print)
      await execute({ do: 'db get', database: 'activations', documents: true }, target, print)
    })
    const exported = readFileSync(file, 'utf8')
    expect([exported.includes('"id":"ns/c"'), exported.includes('"id":"ns/b"')]).toEqual([true, false])
    expect(printed.at(-1)).toContain('"total_rows":2')
  })

  it('that is whole has no problems', async () => {
    await filled()
    const printed: string[] = []
    await withTarget((target) => execute({ do: 'db check' }, target, async (line) => void printed.push(line)))
    expect(printed).toEqual([
      'subjects: 1 documents, 0 problems',
      'whisks: 3 documents, 0 problems',
      'activations: 3 records, 0 problems',
    ])
  })
})
