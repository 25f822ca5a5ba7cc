import type { ActivationStore, DocumentStore, JsonObject } from '@stemcell/core'
import { activationText, isJsonObject, stringifyJson } from '@stemcell/core'
import type { AdminTarget } from '../admin-target.ts'
import type { PrintLine } from '../execute.ts'

/** Records may be large: few at a time. */
const PAGE = 50

interface Row {
  readonly id: string
  readonly revision?: string
  /** Read only when it is wanted. */
  readonly document: () => string
}

/**
 * Prints a whole database as CouchDB shows one: a JSON document with a row on each line. Activation records are those
 * of namespaces that some subject owns or has left entities in.
 */
export async function dumpDatabase(
  database: 'subjects' | 'whisks' | 'activations',
  documents: boolean,
  target: AdminTarget,
  print: PrintLine,
): Promise<void> {
  let count = 0
  await print('{"rows":[')
  let previous: string | undefined
  for await (const row of rows(database, target)) {
    if (previous !== undefined) await print(`${previous},`)
    previous = rowText(row, documents)
    count++
  }
  if (previous !== undefined) await print(previous)
  await print(`],"total_rows":${count}}`)
}

function rowText({ id, revision, document }: Row, documents: boolean): string {
  const name = JSON.stringify(id)
  const value = revision === undefined ? '{}' : `{"rev":${JSON.stringify(revision)}}`
  return `{"id":${name},"key":${name},"value":${value}${documents ? `,"doc":${document()}` : ''}}`
}

async function* rows(database: 'subjects' | 'whisks' | 'activations', target: AdminTarget): AsyncGenerator<Row> {
  if (database === 'activations') {
    const store = await target.activations()
    for (const namespace of await namespacesKnown(target)) yield* records(store, namespace)
  } else {
    const store: DocumentStore = await (database === 'subjects' ? target.subjects() : target.entities())
    for await (const { id, revision, document } of store.scan()) {
      yield { id, revision, document: () => stringifyJson({ _id: id, _rev: revision, ...document }) }
    }
  }
}

async function* records(store: ActivationStore, namespace: string): AsyncGenerator<Row> {
  // Pages follow the start times: records that are added meanwhile do not shift them.
  let upto: number | undefined
  let skip = 0
  for (;;) {
    const query = { namespace, ...(upto === undefined ? {} : { upto }), skip, limit: PAGE, full: true } as const
    const page = await store.list(query)
    for (const record of page) {
      yield { id: `${namespace}/${record.activationId}`, document: () => activationText(record) }
    }
    if (page.length < PAGE) return
    const oldest = page.at(-1)!.start
    const sameStart = page.filter(({ start }) => start === oldest).length
    skip = sameStart === page.length && upto === oldest ? skip + PAGE : sameStart
    upto = oldest
  }
}

async function namespacesKnown(target: AdminTarget): Promise<readonly string[]> {
  const names = new Set<string>()
  for await (const { document } of (await target.subjects()).scan()) {
    for (const name of namesIn(document)) names.add(name)
  }
  for await (const { id } of (await target.entities()).scan()) names.add(id.split('/', 1)[0]!)
  return [...names].sort()
}

function namesIn(document: JsonObject): string[] {
  const namespaces = document['namespaces']
  if (!Array.isArray(namespaces)) return []
  return namespaces.flatMap((item) => (isJsonObject(item) && typeof item['name'] === 'string' ? [item['name']] : []))
}
