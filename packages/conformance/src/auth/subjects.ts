import { MemoryDocumentStore, SUBJECT_INDEXES, type Identity, type JsonObject, type SubjectStore } from '@stemcell/core'
import type { AuthFixture } from './auth-fixture.ts'

/** An open, empty subject store. */
export async function emptySubjectStore(): Promise<SubjectStore> {
  const store = new MemoryDocumentStore(SUBJECT_INDEXES)
  await store.open()
  return store
}

export async function addSubject(store: SubjectStore, identity: Identity, extra: JsonObject = {}): Promise<void> {
  const { subject, namespace, authkey, limits } = identity
  const stored = await store.get(subject)
  const before = Array.isArray(stored?.document['namespaces']) ? stored.document['namespaces'] : []
  const namespaces = [...before, { name: namespace.name, uuid: authkey.uuid, key: authkey.key }]
  await store.put(subject, { subject, namespaces, ...extra }, stored ? { revision: stored.revision } : {})
  if (Object.keys(limits).length > 0) await store.put(`${namespace.name}/limits`, { ...limits } as JsonObject)
}

export async function blockSubject(store: SubjectStore, subject: string): Promise<void> {
  const stored = (await store.get(subject))!
  await store.put(subject, { ...stored.document, blocked: true }, { revision: stored.revision })
}

/** A subject store that knows the fixture of the auth conformance kit. */
export async function subjectStoreOf(fixture: AuthFixture): Promise<SubjectStore> {
  const store = await emptySubjectStore()
  for (const identity of [fixture.one, fixture.two, fixture.limited, ...fixture.ambiguous]) {
    await addSubject(store, identity)
  }
  await addSubject(store, fixture.blocked, { blocked: true })
  return store
}
