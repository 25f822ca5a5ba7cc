import { SNAPSHOT_FILTERS, type DatabaseDesign } from './database-design.ts'

export const IDENTITIES_VIEW = '/_design/subjects.v2.0.0/_view/identities'
export const BLOCKED_VIEW = '/_design/namespaceThrottlings/_view/blockedNamespaces'

/** Namespaces of a subject that are complete. */
const EACH_NAMESPACE = `var list = Array.isArray(doc.namespaces) ? doc.namespaces : []
  for (var i = 0; i < list.length; i++) {
    var item = list[i]
    if (!item || typeof item.name !== 'string' || typeof item.uuid !== 'string' || typeof item.key !== 'string') continue`

/** The `subjects` database. */
export const SUBJECT_DESIGN: DatabaseDesign = {
  documents: [
    {
      name: 'subjects.v2.0.0',
      required: true,
      views: {
        identities: {
          map: `function (doc) {
  if (doc.blocked === true) return
  ${EACH_NAMESPACE}
    var value = { _id: item.name + '/limits', namespace: item.name, uuid: item.uuid, key: item.key }
    emit([item.name], value)
    emit([item.uuid, item.key], value)
  }
}`,
        },
      },
    },
    {
      name: 'namespaceThrottlings',
      required: true,
      views: {
        blockedNamespaces: {
          map: `function (doc) {
  var end = doc._id.indexOf('/limits')
  if (end >= 0 && end === doc._id.length - 7 && (doc.concurrentInvocations === 0 || doc.invocationsPerMinute === 0)) {
    emit(doc._id.slice(0, end), 1)
  }
  if (doc.blocked !== true) return
  ${EACH_NAMESPACE}
    emit(item.name, 1)
  }
}`,
          reduce: '_sum',
        },
      },
    },
    SNAPSHOT_FILTERS,
  ],
}
