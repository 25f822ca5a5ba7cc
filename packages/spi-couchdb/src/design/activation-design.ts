import { SNAPSHOT_FILTERS, type DatabaseDesign, type View } from './database-design.ts'
import { OWN_DESIGN_NAME, unusualNamesOf, unusualNamesPath } from './unusual-names.ts'

export const BY_START_VIEW = '/_design/whisks.v2.1.0/_view/activations'
export const BY_NAME_VIEW = '/_design/whisks-filters.v2.1.1/_view/activations'
export const BY_DATE_VIEW = '/_design/activations/_view/byDate'
export const UNUSUAL_BY_START_VIEW = unusualNamesPath('activations')
export const UNUSUAL_BY_NAME_VIEW = unusualNamesPath('activations-by-name')

const IS_RECORD = `doc.activationId !== undefined && doc.start !== undefined && typeof doc.namespace === 'string'`

/** What a listing shows. JSON leaves out what is undefined. */
const SUMMARY = `var ended = doc.end !== undefined && doc.end !== 0
  var value = {
    namespace: doc.namespace, name: doc.name, version: doc.version, publish: doc.publish,
    annotations: doc.annotations, activationId: doc.activationId, start: doc.start,
    end: ended ? doc.end : undefined, duration: ended ? doc.end - doc.start : undefined, cause: doc.cause,
    statusCode: ended && doc.response ? doc.response.statusCode : undefined
  }`

/** Keys `[namespace, start]`. */
const BY_START: View = {
  map: `function (doc) {
  if (!(${IS_RECORD})) return
  ${SUMMARY}
  emit([doc.namespace, doc.start], value)
}`,
  reduce: '_count',
}

/** Keys `[namespace/[package/]name, start]`. */
const BY_NAME: View = {
  map: `function (doc) {
  if (!(${IS_RECORD})) return
  ${SUMMARY}
  var list = Array.isArray(doc.annotations) ? doc.annotations : []
  var found = {}
  for (var i = 0; i < list.length; i++) {
    var key = list[i] && list[i].key
    if ((key === 'binding' || key === 'path') && typeof list[i].value === 'string') found[key] = list[i].value.split('/')
  }
  var pkg = found.binding && found.binding[1]
  if (!pkg && found.path && found.path.length === 3) pkg = found.path[1]
  emit([doc.namespace + '/' + (pkg ? pkg + '/' : '') + doc.name, doc.start], value)
}`,
  reduce: '_count',
}

/** The `activations` database. */
export const ACTIVATION_DESIGN: DatabaseDesign = {
  documents: [
    {
      name: 'whisks.v2.1.0',
      required: true,
      views: { activations: BY_START },
    },
    {
      name: 'whisks-filters.v2.1.1',
      required: true,
      views: { activations: BY_NAME },
    },
    {
      name: 'activations',
      required: true,
      views: {
        byDate: {
          map: `function (doc) {
  if (doc.activationId !== undefined && doc.start !== undefined) emit(doc.start, [doc._id, doc._rev])
}`,
        },
      },
    },
    {
      name: 'logCleanup',
      required: false,
      views: {
        byDateWithLogs: {
          map: `function (doc) {
  if (doc.activationId === undefined || doc.start === undefined || !doc.logs || doc.logs.length === 0) return
  var list = Array.isArray(doc.annotations) ? doc.annotations : []
  for (var i = 0; i < list.length; i++) {
    if (list[i] && list[i].key === 'kind' && list[i].value === 'sequence') return
  }
  emit(doc.start, doc._id)
}`,
        },
      },
    },
    {
      name: OWN_DESIGN_NAME,
      required: true,
      spared: true,
      views: { activations: unusualNamesOf(BY_START), 'activations-by-name': unusualNamesOf(BY_NAME) },
    },
    SNAPSHOT_FILTERS,
  ],
}
