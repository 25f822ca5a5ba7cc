import { activationText, stringifyJson, type DocumentStore } from '@stemcell/core'
import type { AdminTarget } from '../admin-target.ts'
import type { PrintLine } from '../print-line.ts'

interface Row {
  readonly id: string
  readonly revision?: string
  /** Read only when it is wanted. */
  readonly document: () => string
}

/**
 * Prints a whole database as CouchDB shows one: a JSON document with a row on each line; what cannot be read is left
 * out, and `db check` names it.
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
  const name = stringifyJson(id)
  const value = revision === undefined ? '{}' : `{"rev":${stringifyJson(revision)}}`
  return `{"id":${name},"key":${name},"value":${value}${documents ? `,"doc":${document()}` : ''}}`
}

async function* rows(database: 'subjects' | 'whisks' | 'activations', target: AdminTarget): AsyncGenerator<Row> {
  if (database === 'activations') {
    const store = await target.activations()
    for await (const { activation } of store.scan()) {
      if (!activation) continue
      const { namespace, activationId } = activation
      yield { id: `${namespace}/${activationId}`, document: () => activationText(activation) }
    }
  } else {
    const store: DocumentStore = await (database === 'subjects' ? target.subjects() : target.entities())
    for await (const { id, revision, document } of store.scan({ unreadable: () => undefined })) {
      yield { id, revision, document: () => stringifyJson({ _id: id, _rev: revision, ...document }) }
    }
  }
}
