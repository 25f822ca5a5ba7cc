import { ENTITY_INDEXES, type IndexRow, type JsonObject } from '@stemcell/core'
import { ENTITY_DESIGN_NAME } from '../design/entity-design.ts'
import { unusualNamesPath } from '../design/unusual-names.ts'
import { idOfCouchId, withoutCouchMembers } from './document-form.ts'
import { isObject, type IndexView } from './index-view.ts'
import { countRange, orderOf, readRange, type ViewRow } from './read-view.ts'

/** The indexes of entities are views of the same names. */
export const ENTITY_VIEWS: ReadonlyMap<string, IndexView> = new Map(
  ENTITY_INDEXES.map(({ name, map }) => {
    const path = `/_design/${ENTITY_DESIGN_NAME}/_view/${name}`
    const unusualPath = unusualNamesPath(name)
    // That view shows only the number 1 for each rule.
    const fromDocuments = name === 'rules'
    const view: IndexView = {
      async list(database, query) {
        const rows = await readRange(database, { ...query, path, unusualPath, documents: fromDocuments })
        return rows.flatMap((row): IndexRow[] => {
          const id = idOfCouchId(row.id)
          const value = fromDocuments ? valueFrom(map, row, query.partition) : withDefaults(row)
          return id === undefined || value === undefined ? [] : [{ id, order: orderOf(row), value }]
        })
      },
      count: (database, query) => countRange(database, { ...query, path, unusualPath }),
    }
    return [name, view]
  }),
)

/** Undefined when the document went, or became something else, since the row was read. */
function valueFrom(
  map: (typeof ENTITY_INDEXES)[number]['map'],
  { id, doc }: ViewRow,
  partition: string,
): IndexRow['value'] | undefined {
  if (!doc) return undefined
  return map(id, withoutCouchMembers(doc)).find((entry) => entry.partition === partition)?.value
}

/** Old documents lack members that a listing shows. */
function withDefaults({ value }: ViewRow): JsonObject {
  const defaults = { namespace: null, name: null, version: '0.0.1', publish: false, annotations: [], updated: 0 }
  return isObject(value) ? { ...defaults, ...value } : defaults
}
