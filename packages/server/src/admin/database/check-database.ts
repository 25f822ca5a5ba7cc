import {
  AdministrationError,
  attachmentsOfEntity,
  ENTITY_INDEXES,
  isPlatformError,
  SUBJECT_INDEXES,
  type DocumentStore,
  type IndexDefinition,
  type JsonObject,
} from '@stemcell/core'
import type { AdminTarget } from '../admin-target.ts'
import type { PrintLine } from '../execute.ts'

const MOST_NAMED = 20

/**
 * Reads every document and record as the server would, looks whether the code that actions refer to is there, and
 * compares the indexes with the documents. While the server writes, an index may be ahead of what was read.
 * @throws AdministrationError there are problems; the first of each store were printed.
 */
export async function checkDatabase(target: AdminTarget, print: PrintLine): Promise<void> {
  const problems =
    (await checkDocuments('subjects', await target.subjects(), SUBJECT_INDEXES, noProblem, print)) +
    (await checkDocuments('whisks', await target.entities(), ENTITY_INDEXES, problemOfEntity, print)) +
    (await checkRecords(target, print))
  if (problems > 0) throw new AdministrationError('invalid', `${problems} problems were found`)
}

type FindProblem = (store: DocumentStore, id: string, document: JsonObject) => Promise<string | undefined>

const noProblem: FindProblem = async () => undefined

async function checkDocuments(
  name: string,
  store: DocumentStore,
  indexes: readonly IndexDefinition[],
  problemOf: FindProblem,
  print: PrintLine,
): Promise<number> {
  let count = 0
  const problems: string[] = []
  const rows = new Map<string, { readonly index: string; readonly partition: string; count: number }>()
  for await (const { id, document } of store.scan()) {
    count++
    const problem = await problemOf(store, id, document)
    if (problem !== undefined) problems.push(`${id}: ${problem}`)
    for (const { name: index, map } of indexes) {
      for (const { partition } of map(id, document)) {
        const key = JSON.stringify([index, partition])
        const row = rows.get(key) ?? { index, partition, count: 0 }
        row.count++
        rows.set(key, row)
      }
    }
  }
  for (const { index, partition, count: expected } of rows.values()) {
    const found = await store.count({ index, partition })
    // Partitions of subjects hold keys.
    const where = name === 'subjects' ? '' : ` of ${partition}`
    if (found !== expected) problems.push(`index ${index}${where} shows ${found} rows, not ${expected}`)
  }
  await report(name, `${count} documents`, problems, print)
  return problems.length
}

const problemOfEntity: FindProblem = async (store, id, document) => {
  let wanted: readonly string[]
  try {
    wanted = attachmentsOfEntity(document)
  } catch (error) {
    if (isPlatformError(error, 'ERR_CORRUPT')) return error.message
    throw error
  }
  if (wanted.length === 0) return undefined
  const present = new Set((await store.attachments(id)).map(({ name }) => name))
  return wanted.every((name) => present.has(name)) ? undefined : 'its code is missing'
}

async function checkRecords(target: AdminTarget, print: PrintLine): Promise<number> {
  let count = 0
  const problems: string[] = []
  for await (const { cursor, activation } of (await target.activations()).scan()) {
    count++
    if (!activation) problems.push(`${JSON.stringify(cursor)}: the record cannot be read`)
  }
  await report('activations', `${count} records`, problems, print)
  return problems.length
}

async function report(name: string, what: string, problems: readonly string[], print: PrintLine): Promise<void> {
  for (const problem of problems.slice(0, MOST_NAMED)) await print(`${name}: ${problem}`)
  await print(`${name}: ${what}, ${problems.length} problems`)
}
