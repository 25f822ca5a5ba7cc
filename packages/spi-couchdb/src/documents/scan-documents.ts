import type { JsonObject, StoredDocument } from '@stemcell/core'
import type { Database } from '../http/database.ts'
import { couchId, idOfCouchId, storedDocument } from './document-form.ts'

const SCAN_PAGE = 100
/** Documents may be large. */
const READ_PAGE = 100

interface AllDocs {
  readonly rows: readonly { readonly id?: string; readonly doc?: JsonObject | null }[]
}

export type RunOnDatabase = <T>(operation: (database: Database) => Promise<T>) => Promise<T>

/** Every document behind `after` with this prefix, in the order of `_all_docs`, which is that of the ids' bytes. */
export async function* scanDocuments(
  run: RunOnDatabase,
  { after, prefix = '' }: { readonly after?: string; readonly prefix?: string },
): AsyncGenerator<StoredDocument, void, undefined> {
  const first = prefix === '' ? undefined : couchId(prefix)
  let last = after === undefined || after === '' ? undefined : couchId(after)
  for (;;) {
    const start = first === undefined || (last !== undefined && isBehind(last, first)) ? last : first
    const page = await run((database) =>
      database.ask<AllDocs>('/_all_docs', {
        include_docs: true,
        limit: SCAN_PAGE + 1,
        ...(start === undefined ? {} : { startkey: start }),
      }),
    )
    for (const { id: key, doc } of page.rows) {
      if (key === undefined || key === last || !doc) continue
      const id = idOfCouchId(key)
      if (id === undefined) continue
      if (!id.startsWith(prefix)) return
      yield storedDocument(id, doc)
    }
    const end = page.rows.at(-1)?.id
    if (page.rows.length <= SCAN_PAGE || end === undefined) return
    last = end
  }
}

/** Documents by id, in that order; undefined for those that are gone. */
export async function readDocuments(
  database: Database,
  ids: readonly string[],
): Promise<readonly (StoredDocument | undefined)[]> {
  const found: (StoredDocument | undefined)[] = []
  for (let start = 0; start < ids.length; start += READ_PAGE) {
    const some = ids.slice(start, start + READ_PAGE)
    const { rows } = await database.askKeys<AllDocs>('/_all_docs', { include_docs: true }, some.map(couchId))
    found.push(
      ...some.map((id, index) => {
        const doc = rows[index]?.doc
        return doc ? storedDocument(id, doc) : undefined
      }),
    )
  }
  return found
}

function isBehind(a: string, b: string): boolean {
  return Buffer.compare(Buffer.from(a), Buffer.from(b)) > 0
}
