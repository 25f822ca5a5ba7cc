import { PlatformError, readActivation, type Activation, type JsonObject } from '@stemcell/core'
import { couchId } from '../documents/document-form.ts'
import { withExactNumbers } from '../documents/exact-numbers.ts'

/** A record on its way to the database. */
export interface RecordBody {
  /** Of the document, as CouchDB has it. */
  readonly id: string
  /** The document as JSON, on one line. */
  readonly text: string
}

export function recordId(namespace: string, activationId: string): string {
  return couchId(`${namespace}/${activationId}`)
}

/** The document of a record as OpenWhisk writes it, given its `activationText` and what else it has. */
export function recordBody(id: string, text: string, added: JsonObject): RecordBody {
  const head = JSON.stringify({ _id: id, entityType: 'activation', ...added })
  // A result is passed on as its runtime wrote it. Line ends in JSON are only ever between its tokens.
  return { id, text: `${head.slice(0, -1)},${text.slice(1)}`.replaceAll(/[\r\n]/g, ' ') }
}

/** @throws ERR_CORRUPT the document is no record. */
export function readRecord(document: JsonObject): Activation {
  try {
    return readActivation(withExactNumbers(document))
  } catch (cause) {
    const id = JSON.stringify(document['_id'] ?? null)
    throw new PlatformError('ERR_CORRUPT', `the activation record ${id} cannot be read`, { cause })
  }
}
