import type { JsonObject, JsonValue } from '../model/json.ts'
import { isJsonObject, numberOf } from '../model/json.ts'
import type { DocumentStore, IndexDefinition, IndexEntry } from './document-store.ts'

/**
 * SubjectStore SPI: who may call, as documents of OpenWhisk's `subjects` database. Ids are the subject's name, or
 * `<namespace>/limits` for the limits of a namespace. An adapter realises {@link SUBJECT_INDEXES}.
 */
export interface SubjectStore extends DocumentStore {}

/** Names of the indexes that a store of subjects has. */
export type SubjectIndex = 'identities' | 'blocked-namespaces'

/** The partition of `identities` under which a key pair is found. */
export function keyPartition(uuid: string, key: string): string {
  return `${uuid}:${key}`
}

/**
 * `identities` holds each namespace of a subject that is not blocked, under its name and under its key pair; the
 * value is `{namespace, uuid, key}`. `blocked-namespaces` holds, under the empty partition, every namespace that may
 * not invoke. They correspond to OpenWhisk's views `subjects.v2.0.0/identities` and
 * `namespaceThrottlings/blockedNamespaces`.
 */
export const SUBJECT_INDEXES: readonly IndexDefinition[] = [
  {
    name: 'identities',
    map: (_id, doc) =>
      doc['blocked'] === true
        ? []
        : namespacesOf(doc).flatMap((value): IndexEntry[] => [
            { partition: value.namespace, order: 0, value },
            { partition: keyPartition(value.uuid, value.key), order: 0, value },
          ]),
  },
  {
    name: 'blocked-namespaces',
    map: (id, doc) => {
      const blocked = doc['blocked'] === true ? namespacesOf(doc).map(({ namespace }) => namespace) : []
      if (
        id.endsWith('/limits') &&
        [doc['concurrentInvocations'], doc['invocationsPerMinute']].some((limit) => numberOf(limit) === 0)
      ) {
        blocked.push(id.slice(0, -'/limits'.length))
      }
      return blocked.map((value) => ({ partition: '', order: 0, value }))
    },
  },
]

type NamespaceRow = { namespace: string; uuid: string; key: string }

function namespacesOf(doc: JsonObject): NamespaceRow[] {
  const list: JsonValue = doc['namespaces'] ?? []
  if (!Array.isArray(list)) return []
  return list.flatMap((item) =>
    isJsonObject(item) &&
    typeof item['name'] === 'string' &&
    typeof item['uuid'] === 'string' &&
    typeof item['key'] === 'string'
      ? [{ namespace: item['name'], uuid: item['uuid'], key: item['key'] }]
      : [],
  )
}
