import {
  AdministrationError,
  attachmentsOfEntity,
  ENTITY_INDEXES,
  isEntityDocument,
  isPlatformError,
  SUBJECT_INDEXES,
  SYSTEM_NAMESPACE,
  type DocumentStore,
  type IndexDefinition,
  type JsonObject,
  type PlatformError,
} from '@stemcell/core'
import type { AdminTarget } from '../admin-target.ts'
import type { PrintLine } from '../print-line.ts'

const MOST_NAMED = 20

/**
 * Reads every document, attachment and record as the server would, looks whether the code that actions refer to is
 * there, and compares the indexes with the documents. While the server writes, an index may be ahead of what was read.
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
  /** Rows of them may be in any index. */
  let hidden = 0
  const unreadable = (id: string, error: PlatformError): void => {
    count++
    hidden++
    problems.push(`${id}: ${error.code}, ${error.message}`)
  }
  for await (const { id, document } of store.scan({ unreadable })) {
    count++
    for (const problem of [await problemOf(store, id, document), ...(await attachmentProblems(store, id))]) {
      if (problem !== undefined) problems.push(`${id}: ${problem}`)
    }
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
    if (found < expected || found > expected + hidden)
      problems.push(`index ${index}${where} shows ${found} rows, not ${expected}`)
  }
  await report(name, `${count} documents`, problems, print)
  return problems.length
}

/** Packages of the system keep documents of their own below theirs: schedules of alarms, APIs of the gateway. */
function isInSystemPackage(id: string): boolean {
  const [namespace, , inPackage] = id.split('/')
  return namespace === SYSTEM_NAMESPACE && inPackage !== undefined
}

const problemOfEntity: FindProblem = async (store, id, document) => {
  if (isInSystemPackage(id) && !isEntityDocument(document)) return undefined
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

/** Attachments that are named and cannot be read as they are. */
async function attachmentProblems(store: DocumentStore, id: string): Promise<readonly string[]> {
  const problems: string[] = []
  try {
    for (const { name, bytes: expected } of await store.attachments(id)) {
      const problem = await attachmentProblem(store, id, name, expected)
      if (problem !== undefined) problems.push(`attachment '${name}': ${problem}`)
    }
  } catch (error) {
    if (!isPlatformError(error, 'ERR_CORRUPT')) throw error
    problems.push(`${error.code}, ${error.message}`)
  }
  return problems
}

async function attachmentProblem(
  store: DocumentStore,
  id: string,
  name: string,
  expected: number,
): Promise<string | undefined> {
  try {
    const bytes = await store.readAttachment(id, name)
    if (bytes?.byteLength === expected) return undefined
    // Written or removed meanwhile?
    if (!(await store.attachments(id)).some((one) => one.name === name && one.bytes === expected)) return undefined
    return bytes ? `it has ${bytes.byteLength} bytes, not ${expected}` : 'it is gone'
  } catch (error) {
    if (isPlatformError(error, 'ERR_CORRUPT')) return `${error.code}, ${error.message}`
    throw error
  }
}

async function checkRecords(target: AdminTarget, print: PrintLine): Promise<number> {
  let count = 0
  const problems: string[] = []
  const namespaces = new Map<string, number>()
  const store = await target.activations()
  for await (const { cursor, activation } of store.scan()) {
    count++
    if (activation) namespaces.set(activation.namespace, (namespaces.get(activation.namespace) ?? 0) + 1)
    else problems.push(`${JSON.stringify(cursor)}: ERR_CORRUPT, the record cannot be read`)
  }
  const unreadable = problems.length
  for (const [namespace, readable] of namespaces) {
    const found = await store.count({ namespace })
    if (found >= readable && found <= readable + unreadable) continue
    problems.push(`the index of ${namespace} shows ${found} rows, not ${readable}`)
  }
  await report('activations', `${count} records`, problems, print)
  return problems.length
}

async function report(name: string, what: string, problems: readonly string[], print: PrintLine): Promise<void> {
  for (const problem of problems.slice(0, MOST_NAMED)) await print(`${name}: ${problem}`)
  await print(`${name}: ${what}, ${problems.length} problems`)
}
