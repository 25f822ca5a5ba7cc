import {
  ENTITY_INDEXES,
  MemoryActivationStore,
  MemoryDocumentStore,
  type ActivationStore,
  type DocumentStore,
  type IndexDefinition,
} from '@stemcell/core'

/** A document store that keeps its promises, save for what `change` replaces; `real` does it right. */
export function brokenDocuments(
  change: (real: DocumentStore) => Partial<DocumentStore>,
  indexes: readonly IndexDefinition[] = ENTITY_INDEXES,
): () => DocumentStore {
  return () => {
    const real = new MemoryDocumentStore(indexes)
    const facade: DocumentStore = {
      capabilities: real.capabilities,
      open: () => real.open(),
      close: () => real.close(),
      get: (id) => real.get(id),
      put: (id, document, options) => real.put(id, document, options),
      delete: (id, revision) => real.delete(id, revision),
      readAttachment: (id, name) => real.readAttachment(id, name),
      attachments: (id) => real.attachments(id),
      list: (query) => real.list(query),
      count: (query) => real.count(query),
      scan: (options) => real.scan(options),
    }
    return Object.assign(facade, change(real))
  }
}

/** The same for activation records. */
export function brokenActivations(
  change: (real: MemoryActivationStore) => Partial<Record<keyof ActivationStore, unknown>>,
): () => ActivationStore {
  return () => {
    const real = new MemoryActivationStore()
    const facade: ActivationStore = {
      capabilities: real.capabilities,
      open: () => real.open(),
      close: () => real.close(),
      put: (activation) => real.put(activation),
      putAll: (activations) => real.putAll(activations),
      putProvisional: (owner, record) => real.putProvisional(owner, record),
      discardProvisional: (owner, namespace, id) => real.discardProvisional(owner, namespace, id),
      finalizeOrphans: (owner) => real.finalizeOrphans(owner),
      owners: () => real.owners(),
      get: (namespace, id) => real.get(namespace, id),
      list: real.list.bind(real),
      count: (query) => real.count(query),
      expire: (retention) => real.expire(retention),
      scan: (options) => real.scan(options),
    }
    return Object.assign(facade, change(real))
  }
}

/** Lets everything else that can run do so. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

/** A copy without one member. */
export function omit<T extends object, K extends keyof T>(value: T, key: K): Omit<T, K> {
  const copy: Partial<T> & Omit<T, K> = { ...value }
  delete copy[key]
  return copy
}
