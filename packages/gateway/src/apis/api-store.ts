import {
  isPlatformError,
  KeyedLock,
  PlatformError,
  randomText,
  type EntityStore,
  type JsonObject,
  type JsonValue,
  type Random,
} from '@stemcell/core'
import { isObject, listAt, textAt } from './json.ts'
import { titleOf } from './edit-document.ts'

const PREFIX = 'whisk.system/apimgmt'
const CONTENT_ID_LENGTH = 32
/** How often a change is tried against others of the same namespace. */
const ATTEMPTS = 20

/** An API in the list of its namespace's. The documents that it names never change; a change names others. */
export interface ApiEntry {
  /** Never changes while the API exists. */
  readonly id: string
  readonly basePath: string
  readonly title: string
  readonly document: string
  /** Absent: nobody has subscribed. */
  readonly subscriptions?: string
}

/** What may use an API that asks for keys. */
export interface Subscription {
  readonly clientId: string
  /** SHA-256 of its secret, in hex; absent when it has none. */
  readonly secretHash?: string
}

/** An API with all that is known of it. */
export interface Api {
  readonly entry: ApiEntry
  readonly document: JsonObject
  readonly subscriptions: readonly Subscription[]
}

/** What a change makes of an API; undefined removes it. */
export type ApiContent = Pick<Api, 'document' | 'subscriptions'>

export interface ApiList {
  readonly entries: readonly ApiEntry[]
  /** Of the list; undefined while the namespace has none. */
  readonly revision: string | undefined
}

/**
 * APIs in the entity store: a list for each namespace, which is small, is written with the revision that was read, and
 * names documents that are written once. So a change is there entirely or not at all, of two at the same time none is
 * lost, and to learn of changes one document is read.
 */
export class ApiStore {
  readonly #store: EntityStore
  readonly #random: Random
  /** Changes of one namespace wait for one another here; those of other controllers are noticed when the list is written. */
  readonly #changes = new KeyedLock()
  /** Told of the namespaces whose APIs were changed here. */
  onChange: (namespace: string) => void = () => undefined

  constructor(store: EntityStore, random: Random) {
    this.#store = store
    this.#random = random
  }

  /** @throws ERR_UNAVAILABLE */
  async list(namespace: string): Promise<ApiList> {
    const stored = await this.#store.get(listId(namespace))
    if (!stored) return { entries: [], revision: undefined }
    return { entries: listAt(stored.document, 'apis').map(readEntry), revision: stored.revision }
  }

  /** Undefined when it was changed since the list was read. @throws ERR_UNAVAILABLE */
  async load(entry: ApiEntry): Promise<Api | undefined> {
    const [document, keys] = await Promise.all([
      this.#store.get(contentId(entry.document)),
      entry.subscriptions === undefined ? undefined : this.#store.get(contentId(entry.subscriptions)),
    ])
    const content = document?.document['swagger']
    if (!isObject(content) || (entry.subscriptions !== undefined && !keys)) return undefined
    const subscriptions = keys ? listAt(keys.document, 'subscriptions').map(readSubscription) : []
    return { entry, document: content, subscriptions }
  }

  /** All APIs of a namespace, as they were at one moment. @throws ERR_UNAVAILABLE */
  async all(namespace: string): Promise<readonly Api[]> {
    return (await this.#allAtOnce(namespace, 1)) ?? this.#changes.run(namespace, () => this.#allInTurn(namespace))
  }

  async #allInTurn(namespace: string): Promise<readonly Api[]> {
    const apis = await this.#allAtOnce(namespace, ATTEMPTS)
    if (apis) return apis
    throw new PlatformError('ERR_UNAVAILABLE', `the APIs of ${namespace} change all the time`)
  }

  async #allAtOnce(namespace: string, attempts: number): Promise<readonly Api[] | undefined> {
    for (let attempt = 0; attempt < attempts; attempt++) {
      const { entries } = await this.list(namespace)
      const apis = await Promise.all(entries.map((entry) => this.load(entry)))
      const loaded = apis.filter((api) => api !== undefined)
      if (loaded.length === entries.length) return loaded
    }
    return undefined
  }

  /**
   * Changes one API of a namespace, or makes one, and returns it. `edit` may be called more than once; what it throws
   * is thrown.
   * @throws ERR_UNAVAILABLE, ERR_CONFLICT others change the same namespace all the time.
   */
  change(
    namespace: string,
    select: (entry: ApiEntry) => boolean,
    edit: (api: Api | undefined) => ApiContent | undefined,
  ): Promise<Api | undefined> {
    return this.#changes.run(namespace, () => this.#change(namespace, select, edit))
  }

  async #change(
    namespace: string,
    select: (entry: ApiEntry) => boolean,
    edit: (api: Api | undefined) => ApiContent | undefined,
  ): Promise<Api | undefined> {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const { entries, revision } = await this.list(namespace)
      const found = entries.find(select)
      const api = found && (await this.load(found))
      if (found && !api) continue
      const edited = edit(api)
      const written = edited && (await this.#write(namespace, edited, api))
      const others = entries.filter((entry) => entry !== found)
      const apis = written ? [...others, written.entry] : others
      if (!(await this.#putList(namespace, apis, revision))) {
        if (written) await this.#forget(written.entry, found)
        continue
      }
      this.onChange(namespace)
      if (found) await this.#forget(found, written?.entry)
      return written
    }
    throw new PlatformError('ERR_CONFLICT', `the APIs of ${namespace} are being changed by others`)
  }

  async #write(namespace: string, { document, subscriptions }: ApiContent, before: Api | undefined): Promise<Api> {
    const basePath = textAt(document, 'basePath') ?? '/'
    const entry = {
      id: before?.entry.id ?? randomText(this.#random, CONTENT_ID_LENGTH),
      basePath,
      title: titleOf(document) ?? basePath,
      document:
        before?.document === document
          ? before.entry.document
          : await this.#content({ kind: 'api', owner: namespace, swagger: document }),
    }
    if (subscriptions.length === 0) return { entry, document, subscriptions }
    const keys =
      before?.subscriptions === subscriptions && before.entry.subscriptions !== undefined
        ? before.entry.subscriptions
        : await this.#content({ kind: 'subscriptions', owner: namespace, subscriptions: subscriptions.map(asJson) })
    return { entry: { ...entry, subscriptions: keys }, document, subscriptions }
  }

  async #content(document: JsonObject): Promise<string> {
    const id = randomText(this.#random, CONTENT_ID_LENGTH)
    await this.#store.put(contentId(id), document)
    return id
  }

  /** False when the list is another one by now. */
  async #putList(namespace: string, apis: readonly ApiEntry[], revision: string | undefined): Promise<boolean> {
    const document = { kind: 'apis', owner: namespace, apis: apis.map((entry): JsonObject => ({ ...entry })) }
    try {
      await this.#store.put(listId(namespace), document, revision === undefined ? {} : { revision })
      return true
    } catch (error) {
      if (isPlatformError(error, 'ERR_CONFLICT')) return false
      throw error
    }
  }

  /** Removes what nothing names any more. What cannot be removed now stays; it takes some room and does no harm. */
  async #forget(gone: ApiEntry, kept: ApiEntry | undefined): Promise<void> {
    const ids = [gone.document, gone.subscriptions].filter(
      (id) => id !== undefined && id !== kept?.document && id !== kept?.subscriptions,
    )
    for (const id of ids) {
      try {
        const stored = await this.#store.get(contentId(id!))
        if (stored) await this.#store.delete(contentId(id!), stored.revision)
      } catch (error) {
        if (!isPlatformError(error)) throw error
      }
    }
  }
}

function listId(namespace: string): string {
  return `${PREFIX}/lists/${encodeURIComponent(namespace)}`
}

function contentId(id: string): string {
  return `${PREFIX}/contents/${id}`
}

function readEntry(json: JsonValue): ApiEntry {
  const { id, basePath, title, document, subscriptions } = isObject(json) ? json : {}
  if (
    typeof id !== 'string' ||
    typeof basePath !== 'string' ||
    typeof title !== 'string' ||
    typeof document !== 'string'
  ) {
    throw new PlatformError('ERR_CORRUPT', 'the list of APIs cannot be read')
  }
  return { id, basePath, title, document, ...(typeof subscriptions === 'string' ? { subscriptions } : {}) }
}

function readSubscription(json: JsonValue): Subscription {
  const { clientId, secretHash } = isObject(json) ? json : {}
  if (typeof clientId !== 'string') throw new PlatformError('ERR_CORRUPT', 'a subscription cannot be read')
  return { clientId, ...(typeof secretHash === 'string' ? { secretHash } : {}) }
}

function asJson(subscription: Subscription): JsonObject {
  return { ...subscription }
}
