import type { JsonObject } from '@stemcell/core'
import * as record from '@stemcell/core/sorted-store'
import type { DocumentHeader } from '@stemcell/core/sorted-store'
import { openText } from './sealed-value.ts'

/** @throws ERR_CORRUPT it is not what was written under `key`. */
export function readDocument(
  id: string,
  key: string,
  sealed: string,
): { readonly revision: string; readonly document: JsonObject } {
  return record.readDocument(id, open(id, key, sealed))
}

/** @throws ERR_CORRUPT it is not what was written under `key`. */
export function readHeader(id: string, key: string, sealed: string): DocumentHeader {
  return record.readHeader(id, open(id, key, sealed))
}

function open(id: string, key: string, sealed: string): string {
  return openText(key, sealed, () => `what is stored as '${id}'`)
}
