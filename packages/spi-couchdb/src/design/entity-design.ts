import { SNAPSHOT_FILTERS, type DatabaseDesign, type View } from './database-design.ts'
import { OWN_DESIGN_NAME, unusualNamesOf } from './unusual-names.ts'

export const ENTITY_DESIGN_NAME = 'whisks.v2.1.0'

/**
 * One view of `whisks`: documents that satisfy `condition` under their path and, when that is a package, also under
 * its namespace (`bothPaths`). `value` adds to what all of them show, or replaces it.
 */
function entityView(condition: string, options: { bothPaths: boolean; add?: string; value?: string }): View {
  const value =
    options.value ??
    `{
    namespace: doc.namespace, name: doc.name, version: doc.version, publish: doc.publish,
    annotations: doc.annotations, updated: doc.updated${options.add === undefined ? '' : `,\n    ${options.add}`}
  }`
  const rootToo = `
  var root = doc.namespace.split('/')[0]
  if (root !== doc.namespace) emit([root, doc.updated], value)`
  return {
    map: `function (doc) {
  if (typeof doc.namespace !== 'string' || !(${condition})) return
  var value = ${value}
  emit([doc.namespace, doc.updated], value)${options.bothPaths ? rootToo : ''}
}`,
    reduce: '_count',
  }
}

function isType(type: string): string {
  return `(doc.entityType === undefined || doc.entityType === '${type}')`
}

const IS_PACKAGE = `doc.binding !== undefined && ${isType('package')}`
const IS_BOUND = `doc.binding && Object.keys(doc.binding).length > 0`

const VIEWS: Readonly<Record<string, View>> = {
  actions: entityView(`doc.exec !== undefined && ${isType('action')}`, {
    bothPaths: true,
    add: 'limits: doc.limits || {}, exec: { binary: !!(doc.exec && doc.exec.binary === true) }',
  }),
  triggers: entityView(
    `doc.parameters !== undefined && doc.exec === undefined && doc.binding === undefined && ${isType('trigger')}`,
    { bothPaths: true },
  ),
  rules: entityView(`doc.trigger !== undefined && ${isType('rule')}`, { bothPaths: true, value: '1' }),
  packages: entityView(IS_PACKAGE, { bothPaths: false, add: `binding: ${IS_BOUND} ? doc.binding : false` }),
  'packages-public': entityView(`${IS_PACKAGE} && doc.publish === true && !(${IS_BOUND})`, {
    bothPaths: false,
    add: 'binding: false',
  }),
}

/** The `whisks` database: OpenWhisk's design document of this version, by its names, keys and values. */
export const ENTITY_DESIGN: DatabaseDesign = {
  documents: [
    {
      name: ENTITY_DESIGN_NAME,
      required: true,
      views: VIEWS,
    },
    {
      name: OWN_DESIGN_NAME,
      required: true,
      spared: true,
      views: Object.fromEntries(Object.entries(VIEWS).map(([name, view]) => [name, unusualNamesOf(view)])),
    },
    SNAPSHOT_FILTERS,
  ],
}
