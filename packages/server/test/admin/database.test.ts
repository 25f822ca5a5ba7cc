import {
  adapterContext,
  AdministrationError,
  JsonText,
  memoryActivationStore,
  memoryEntityStore,
  memorySubjectStore,
  parseJson,
  SubjectAdministration,
  type Activation,
  type JsonObject,
  type SubjectChange,
} from '@stemcell/core'
import { createHash } from 'node:crypto'
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { AdminTarget } from '../../src/admin/admin-target.ts'
import { execute } from '../../src/admin/execute.ts'

const CODE = Buffer.from(Uint8Array.from({ length: 30_000 }, (_, index) => index % 256))
const ACTION: JsonObject = {
  namespace: 'ns',
  name: 'a',
  exec: { kind: 'x', code: { attachmentName: 'couch:code', attachmentType: 'x/y' }, binary: true },
  parameters: [{ key: 'é', value: '"sum":"x"}\n' }],
  limits: {},
  updated: 1,
  entityType: 'action',
}

let dir: string
let file: string
let source: AdminTarget
/** What targets were told to tell. */
const changes: SubjectChange[] = []

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'stemcell-export-'))
  file = join(dir, 'all.jsonl')
  source = await emptyStores()
  const [subjects, entities, activations] = await storesOf(source)
  await subjects.put('alice', { subject: 'alice', namespaces: [{ name: 'ns', uuid: 'u', key: 'k' }] })
  await subjects.put('ns/limits', { firesPerMinute: 1 })
  await entities.put('ns/a', ACTION, { attachments: { code: { contentType: 'x/y', bytes: CODE } } })
  await entities.put('ns/p', { namespace: 'ns', name: 'p', binding: {}, parameters: [], updated: 2 })
  for (let index = 0; index < 7; index++) await activations.put(recordOf(index))
})

afterEach(() => rmSync(dir, { recursive: true }))

async function emptyStores(): Promise<AdminTarget> {
  const context = adapterContext()
  const subjects = memorySubjectStore().build(context)
  const entities = memoryEntityStore().build(context)
  const activations = memoryActivationStore().build(context)
  for (const store of [subjects, entities, activations]) await store.open()
  return {
    administration: async () => new SubjectAdministration(subjects, context),
    subjects: async () => subjects,
    entities: async () => entities,
    repairEmbedded: () => Promise.reject(new Error('there is no embedded database')),
    invoker: () => Promise.reject(new Error('there is no invoker')),
    activations: async () => activations,
    subjectsChanged: (changed) => void changes.push(changed),
  }
}

async function storesOf(target: AdminTarget) {
  return [await target.subjects(), await target.entities(), await target.activations()] as const
}

function recordOf(index: number): Activation {
  return {
    namespace: index % 2 === 0 ? 'ns' : 'ns b',
    name: 'a',
    version: '0.0.1',
    subject: 'alice',
    activationId: index.toString(16).padStart(32, '0'),
    start: index,
    publish: false,
    response: { statusCode: 0, result: JsonText.of({ index }) },
    logs: ['line'],
    annotations: [{ key: 'path', value: 'ns/a' }],
  }
}

async function run(command: Parameters<typeof execute>[0], target: AdminTarget): Promise<string[]> {
  const printed: string[] = []
  await execute(command, target, async (line) => void printed.push(line))
  return printed
}

const exportFrom = (target: AdminTarget): Promise<string[]> => run({ do: 'db export', file }, target)
const importTo = (target: AdminTarget, overwrite = false): Promise<string[]> =>
  run({ do: 'db import', file, overwrite }, target)

async function refusal(action: Promise<unknown>): Promise<string> {
  const error: unknown = await action.catch((caught: unknown) => caught)
  if (error instanceof AdministrationError) return error.message
  throw new Error(`not refused: ${String(error)}`)
}

/** Everything in the stores, without revisions. */
async function contentOf(target: AdminTarget): Promise<unknown[]> {
  const [subjects, entities, activations] = await storesOf(target)
  const content: unknown[] = []
  for (const store of [subjects, entities]) {
    for await (const { id, document } of store.scan()) {
      const attachments = await store.attachments(id)
      const bytes = await Promise.all(attachments.map(async ({ name }) => store.readAttachment(id, name)))
      content.push([id, document, attachments, bytes.map((data) => createHash('sha256').update(data!).digest('hex'))])
    }
  }
  for await (const { activation } of activations.scan()) content.push(JSON.parse(JSON.stringify(activation)))
  return content
}

describe('stemcell admin db export and import', () => {
  it('move everything from one store to another', async () => {
    expect((await exportFrom(source)).at(-1)).toContain('2 subjects and limits, 2 entities, 7 activation records')
    expect(statSync(file).mode & 0o777).toBe(0o600)
    const other = await emptyStores()
    expect(await importTo(other)).toEqual([
      `${file}: every checksum fits`,
      'subjects: 2 stored, 0 there already',
      'entities: 2 stored, 0 there already',
      'activations: 7 stored, 0 there already',
    ])
    expect(await contentOf(other)).toEqual(await contentOf(source))
    expect(changes.splice(0)).toEqual([{}])
    expect(await importTo(other)).toContain('entities: 0 stored, 2 there already')
    expect(changes).toEqual([])
    expect(await run({ do: 'db check' }, other)).toEqual([
      'subjects: 2 documents, 0 problems',
      'whisks: 2 documents, 0 problems',
      'activations: 7 records, 0 problems',
    ])
  })

  it('move numbers as they were written, and a dump shows them so', async () => {
    const numbers = '{"x":[9007199254740993,2.0,1E400,-0,1.10]}'
    const [, entities, activations] = await storesOf(source)
    const parameters = [{ key: 'n', value: parseJson(numbers) }]
    await entities.put('ns/n', { namespace: 'ns', name: 'n', binding: {}, parameters, updated: 2 })
    await activations.put({ ...recordOf(8), response: { statusCode: 0, result: JsonText.parse(numbers) } })
    await exportFrom(source)
    const other = await emptyStores()
    await importTo(other)
    for (const [database, target] of [
      ['whisks', source],
      ['whisks', other],
      ['activations', other],
    ] as const) {
      expect((await run({ do: 'db get', database, documents: true }, target)).join('\n')).toContain(numbers)
    }
    expect(await importTo(other)).toContain('entities: 0 stored, 3 there already')
    expect(await run({ do: 'db check' }, other)).toContain('whisks: 3 documents, 0 problems')
  })

  it('goes on where an export was interrupted, at whatever byte', async () => {
    await exportFrom(source)
    const whole = readFileSync(file)
    for (const share of [0.02, 0.3, 0.9, 0.95, 0.999]) {
      rmSync(file, { force: true })
      writeFileSync(`${file}.partial`, whole.subarray(0, Math.max(140, Math.floor(whole.length * share))))
      const [first] = await exportFrom(source)
      expect(first).toContain('going on behind')
      expect(readFileSync(file).equals(whole)).toBe(true)
      expect(existsSync(`${file}.partial`)).toBe(false)
    }
  })

  it('does not write over a file, nor go on with something else', async () => {
    writeFileSync(file, 'mine')
    expect(await refusal(exportFrom(source))).toContain('exists')
    rmSync(file)
    writeFileSync(`${file}.partial`, 'mine')
    expect(await refusal(exportFrom(source))).toContain('is no export')
    expect(readFileSync(`${file}.partial`, 'utf8')).toBe('mine')
  })

  it('finds every kind of damage before anything is stored', async () => {
    await exportFrom(source)
    const lines = readFileSync(file, 'utf8').trimEnd().split('\n')
    const damages: [readonly string[], string][] = [
      [lines.with(3, lines[3]!.replace('"ns"', '"nx"')), 'line 4 of the file is damaged: its checksum'],
      [lines.with(3, lines[3]!.slice(0, -9)), 'line 4 of the file is damaged: it is not complete'],
      [lines.toSpliced(3, 1), `line ${lines.length - 1} of the file is damaged: lines before it are missing`],
      [lines.slice(0, -1), 'has no end'],
      [[...lines, lines[2]!], 'it stands behind the end'],
      [lines.slice(1), 'is no export of format 1'],
    ]
    for (const [damaged, message] of damages) {
      writeFileSync(file, damaged.map((line) => `${line}\n`).join(''))
      const other = await emptyStores()
      expect(await refusal(importTo(other))).toContain(message)
      expect(await contentOf(other)).toEqual([])
    }
    rmSync(file)
    expect(await refusal(importTo(await emptyStores()))).toContain('ENOENT')
  })

  it('leaves what differs, and replaces it when told to', async () => {
    await exportFrom(source)
    const other = await emptyStores()
    const [, entities] = await storesOf(other)
    await entities.put('ns/p', { other: true })
    // The same document with another attachment differs too.
    await entities.put('ns/a', ACTION, { attachments: { code: { contentType: 'x/y', bytes: CODE.subarray(1) } } })
    expect(await refusal(importTo(other))).toBe('2 were not stored; --overwrite replaces those that differ')
    expect((await entities.get('ns/p'))?.document).toEqual({ other: true })
    await importTo(other, true)
    expect(await contentOf(other)).toEqual(await contentOf(source))
  })
})

describe('stemcell admin db check', () => {
  it('names what cannot be read, and code that is missing', async () => {
    const [, entities] = await storesOf(source)
    await entities.put('ns/b', { ...ACTION, name: 'b' })
    await entities.put('ns/c', { namespace: 'ns', name: 'c', exec: { kind: 'sequence' }, entityType: 'action' })
    await entities.put('ns/d', { nothing: true })
    const printed: string[] = []
    const check = execute({ do: 'db check' }, source, async (line) => void printed.push(line))
    expect(await refusal(check)).toBe('3 problems were found')
    expect(printed).toContain('whisks: ns/b: its code is missing')
    expect(printed.some((line) => line.startsWith('whisks: ns/c: action document'))).toBe(true)
    expect(printed).toContain('whisks: ns/d: the document is no entity')
  })

  it('takes what packages of the system keep for no damaged entities', async () => {
    const [, entities] = await storesOf(source)
    await entities.put('whisk.system/alarmSchedules/ns/every', { minutes: 1 })
    const printed: string[] = []
    await execute({ do: 'db check' }, source, async (line) => void printed.push(line))
    expect(printed.at(-2)).toMatch(/^whisks: \d+ documents, 0 problems$/)
  })

  it('names an index that shows something else', async () => {
    Object.assign(await source.entities(), { count: async () => 7 })
    const printed: string[] = []
    await refusal(execute({ do: 'db check' }, source, async (line) => void printed.push(line)))
    expect(printed).toContain('whisks: index actions of ns shows 7 rows, not 1')
  })
})

describe('stemcell admin db init and migrate', () => {
  it('say what is ready', async () => {
    const ready = ['subjects: ready', 'whisks: ready', 'activations: ready']
    expect(await run({ do: 'db init' }, source)).toEqual(ready)
    expect(await run({ do: 'db migrate' }, source)).toEqual([...ready, 'indexes: up to date'])
  })
})
