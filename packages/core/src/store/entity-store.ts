import type { JsonObject, JsonValue } from '../model/json.ts'
import { isJsonObject, numberOf } from '../model/json.ts'
import type { DocumentStore, IndexDefinition, IndexEntry } from './document-store.ts'

/**
 * EntityStore SPI: actions, triggers, rules and packages, as documents of OpenWhisk's `whisks` database.
 * An adapter realises {@link ENTITY_INDEXES}; ids are `namespace/name` and `namespace/package/name`.
 */
export interface EntityStore extends DocumentStore {}

/** Names of {@link ENTITY_INDEXES}. */
export type EntityIndex = 'actions' | 'triggers' | 'rules' | 'packages' | 'packages-public'

/**
 * The listings of the REST API. An entity in a package is listed under the path of the package and under the
 * namespace, so that one query serves each listing. The values are what OpenWhisk's views emit (design document
 * `whisks.v2.1.0`); a CouchDB adapter uses views of these names.
 */
export const ENTITY_INDEXES: readonly IndexDefinition[] = [
  {
    name: 'actions',
    map: (_id, doc) =>
      'exec' in doc && isEntity(doc, 'action')
        ? bothPaths(doc, {
            ...summary(doc),
            limits: doc['limits'] ?? {},
            exec: { binary: isJsonObject(doc['exec']) && doc['exec']['binary'] === true },
          })
        : [],
  },
  {
    name: 'triggers',
    map: (_id, doc) =>
      'parameters' in doc && !('exec' in doc) && !('binding' in doc) && isEntity(doc, 'trigger')
        ? bothPaths(doc, summary(doc))
        : [],
  },
  {
    name: 'rules',
    map: (_id, doc) =>
      'trigger' in doc && isEntity(doc, 'rule')
        ? bothPaths(doc, { ...summary(doc), trigger: doc['trigger'] ?? null, action: doc['action'] ?? null })
        : [],
  },
  {
    name: 'packages',
    map: (_id, doc) => (isPackage(doc) ? [entry(doc, text(doc['namespace']), packageSummary(doc))] : []),
  },
  {
    name: 'packages-public',
    map: (_id, doc) =>
      isPackage(doc) && doc['publish'] === true && !isBinding(doc)
        ? [entry(doc, text(doc['namespace']), packageSummary(doc))]
        : [],
  },
]

function isEntity(doc: JsonObject, type: string): boolean {
  return doc['entityType'] === undefined || doc['entityType'] === type
}

function isPackage(doc: JsonObject): boolean {
  return 'binding' in doc && isEntity(doc, 'package')
}

function isBinding(doc: JsonObject): boolean {
  return isJsonObject(doc['binding']) && Object.keys(doc['binding']).length > 0
}

function packageSummary(doc: JsonObject): JsonObject {
  return { ...summary(doc), binding: isBinding(doc) ? (doc['binding'] ?? false) : false }
}

function summary(doc: JsonObject): JsonObject {
  return {
    namespace: doc['namespace'] ?? null,
    name: doc['name'] ?? null,
    version: doc['version'] ?? '0.0.1',
    publish: doc['publish'] ?? false,
    annotations: doc['annotations'] ?? [],
    updated: doc['updated'] ?? 0,
  }
}

function bothPaths(doc: JsonObject, value: JsonObject): IndexEntry[] {
  const path = text(doc['namespace'])
  const root = path.split('/', 1)[0]!
  return root === path ? [entry(doc, path, value)] : [entry(doc, path, value), entry(doc, root, value)]
}

function entry(doc: JsonObject, partition: string, value: JsonObject): IndexEntry {
  return { partition, order: Math.max(0, Math.floor(numberOf(doc['updated']) ?? 0)), value }
}

function text(value: JsonValue | undefined): string {
  return typeof value === 'string' ? value : ''
}
