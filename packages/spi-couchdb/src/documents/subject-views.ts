import type { JsonValue } from '@stemcell/core'
import { BLOCKED_VIEW, IDENTITIES_VIEW } from '../design/subject-design.ts'
import { idOfCouchId } from './document-form.ts'
import { isObject, unorderedView, type IndexView } from './index-view.ts'
import type { ViewReply } from './read-view.ts'

/** The indexes of subjects as views of OpenWhisk: identities under `[namespace]` and `[uuid, key]`. */
export const SUBJECT_VIEWS: ReadonlyMap<string, IndexView> = new Map([
  [
    'identities',
    unorderedView(async (database, partition) => {
      const keys = keysOf(partition)
      const { rows } = await database.askKeys<ViewReply>(IDENTITIES_VIEW, { reduce: false }, keys)
      return rows.flatMap(({ id: couchId, key, value }) => {
        const id = idOfCouchId(couchId)
        // What compares as equal to the key need not be the key.
        const exact = Array.isArray(key) && key.every((part) => typeof part === 'string') && key.join(':') === partition
        if (!exact || id === undefined || !isObject(value)) return []
        const { namespace = null, uuid = null, key: secret = null } = value
        return [{ id, value: { namespace, uuid, key: secret } }]
      })
    }),
  ],
  [
    'blocked-namespaces',
    unorderedView(async (database, partition) => {
      if (partition !== '') return []
      const { rows } = await database.ask<ViewReply>(BLOCKED_VIEW, { reduce: false })
      return rows.flatMap(({ id: couchId, key }) => {
        const id = idOfCouchId(couchId)
        return id !== undefined && typeof key === 'string' ? [{ id, value: key }] : []
      })
    }),
  ],
])

/** A partition with a colon is `uuid:key`, unless somebody's namespace has one in its name. */
function keysOf(partition: string): JsonValue[] {
  const colon = partition.indexOf(':')
  return colon < 0 ? [[partition]] : [[partition.slice(0, colon), partition.slice(colon + 1)], [partition]]
}
