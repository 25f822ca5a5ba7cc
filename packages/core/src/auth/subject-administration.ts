import { isPlatformError, PlatformError } from '../errors.ts'
import { AUTH_KEY_LENGTH, type AuthKey } from '../model/identity.ts'
import type { JsonObject, JsonValue } from '../model/json.ts'
import { isJsonObject } from '../model/json.ts'
import type { NamespaceLimits } from '../model/namespace-limits.ts'
import { namespaceLimitsSchema, readNamespaceLimits } from '../model/read-namespace-limits.ts'
import type { StoredDocument } from '../store/document-store.ts'
import { keyPartition, type SubjectIndex, type SubjectStore } from '../store/subject-store.ts'
import { randomText, type Random } from '../time/random.ts'
import { ONCE } from '../zod/once.ts'
import { AdministrationError } from './administration-error.ts'
import type { SubjectChange } from './auth.ts'

/** What {@link SubjectAdministration} needs beside the store. */
export interface SubjectAdministrationOptions {
  /** Makes ids and keys. */
  readonly random: Random
  /** Called after each change, e.g. to forget what an auth cached. */
  readonly onChange?: (changed: SubjectChange) => void
}

/** One namespace of a subject with its key. */
export interface NamespaceKey {
  readonly namespace: string
  readonly authkey: AuthKey
}

/** How a subject gets a namespace and its key. */
export interface CreateUserOptions {
  /** Default: the subject's name. */
  readonly namespace?: string
  /** `uuid:key` to be issued; default: random ones. */
  readonly auth?: string
  /** When the subject has the namespace already: revoke its key and issue another. */
  readonly revoke?: boolean
}

/** Writes that lost a race are repeated on the new revision this many times. */
const ATTEMPTS = 5

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

/**
 * Subjects, their namespaces and keys, and the limits of namespaces: what OpenWhisk's `wskadmin` does, as a library.
 * Refusals are {@link AdministrationError}; failures of the store pass through.
 */
export class SubjectAdministration {
  readonly #store: SubjectStore
  readonly #options: SubjectAdministrationOptions

  constructor(store: SubjectStore, options: SubjectAdministrationOptions) {
    this.#store = store
    this.#options = options
  }

  /** Makes the subject, or gives it another namespace, and returns the key issued. */
  async createUser(subject: string, options: CreateUserOptions = {}): Promise<AuthKey> {
    const name = subject.trim()
    const namespace = (options.namespace ?? name).trim()
    if (name.length < 5) throw new AdministrationError('invalid', 'Subject name must be at least 5 characters')
    if (name.includes('/')) throw new AdministrationError('invalid', 'Subject name must not contain a slash')
    if (namespace === '') throw new AdministrationError('invalid', 'Namespace must not be empty')
    const authkey = options.auth === undefined ? this.newKey() : parseAuthKey(options.auth)
    const row: JsonObject = { name: namespace, uuid: authkey.uuid, key: authkey.key }

    await this.#update(name, (current) => {
      if (!current) return { subject: name, namespaces: [row] }
      if (current['blocked'] === true) {
        throw new AdministrationError('blocked', 'The subject you want to edit is blocked')
      }
      const namespaces = namespacesOf(current)
      const position = namespaces.findIndex((item) => item['name'] === namespace)
      if (position < 0) return { ...current, namespaces: [...namespaces, row] }
      if (options.revoke !== true) throw new AdministrationError('exists', 'Namespace already exists')
      return { ...current, namespaces: namespaces.with(position, row) }
    })
    this.#options.onChange?.({ subject: name, namespace })
    return authkey
  }

  /** A key as `createUser` would issue it; nothing is stored. */
  newKey(): AuthKey {
    return { uuid: this.#options.random.uuid(), key: randomText(this.#options.random, AUTH_KEY_LENGTH) }
  }

  /** The key of one namespace, by default the one named like the subject. */
  async getUser(subject: string, namespace: string = subject): Promise<AuthKey> {
    const found = (await this.namespacesOf(subject)).find((item) => item.namespace === namespace)
    if (!found) throw new AdministrationError('not-found', `namespace "${namespace}" not found for "${subject}"`)
    return found.authkey
  }

  /** All namespaces of a subject, in the order they were made. */
  async namespacesOf(subject: string): Promise<readonly NamespaceKey[]> {
    return namespacesOf((await this.#subject(subject)).document).map(({ name, uuid, key }) => ({
      namespace: text(name),
      authkey: { uuid: text(uuid), key: text(key) },
    }))
  }

  /** Removes the subject, or only one of its namespaces; tells which. Its entities and activations stay. */
  async deleteUser(givenSubject: string, givenNamespace?: string): Promise<'subject' | 'namespace'> {
    const [subject, namespace] = [givenSubject.trim(), givenNamespace?.trim()]
    if (subject === '') throw new AdministrationError('invalid', 'Subject must not be empty')
    if (namespace === '') throw new AdministrationError('invalid', 'Namespace must not be empty')
    if (namespace === undefined) {
      await this.#retry(async () => {
        const { id, revision } = await this.#subject(subject)
        await this.#store.delete(id, revision)
      })
      this.#options.onChange?.({ subject })
      return 'subject'
    }
    await this.#updateSubject(subject, (current) => {
      const namespaces = namespacesOf(current)
      const rest = namespaces.filter(({ name }) => name !== namespace)
      if (rest.length === namespaces.length) {
        throw new AdministrationError('not-found', `Namespace "${namespace}" does not exist for "${subject}"`)
      }
      return { ...current, namespaces: rest }
    })
    this.#options.onChange?.({ subject, namespace })
    return 'namespace'
  }

  /** Takes all its keys out of service. */
  async block(subject: string): Promise<void> {
    await this.#updateSubject(subject, (current) => ({ ...current, blocked: true }))
    this.#options.onChange?.({ subject })
  }

  async unblock(subject: string): Promise<void> {
    await this.#updateSubject(subject, (current) =>
      Object.fromEntries(Object.entries(current).filter(([field]) => field !== 'blocked')),
    )
    this.#options.onChange?.({ subject })
  }

  /** Whose key this is; a blocked subject is not recognised. */
  async whois(auth: string): Promise<{ readonly subject: string; readonly namespace: string }> {
    const { uuid, key } = splitAuthKey(auth)
    const index: SubjectIndex = 'identities'
    const [row] = await this.#store.list({ index, partition: keyPartition(uuid, key), limit: 1 })
    if (!row || !isJsonObject(row.value)) throw unknownSubject()
    return { subject: row.id, namespace: text(row.value['namespace']) }
  }

  /** Who may act in a namespace; `limit` undefined for all. Blocked subjects are not listed. */
  async listNamespace(
    namespace: string,
    limit?: number,
  ): Promise<readonly { readonly subject: string; readonly authkey: AuthKey }[]> {
    const index: SubjectIndex = 'identities'
    const rows = await this.#store.list({ index, partition: namespace, ...(limit === undefined ? {} : { limit }) })
    if (rows.length === 0) {
      throw new AdministrationError('not-found', `no identities found for namespace "${namespace}"`)
    }
    return rows.map(({ id, value }) => {
      const row = isJsonObject(value) ? value : {}
      return { subject: id, authkey: { uuid: text(row['uuid']), key: text(row['key']) } }
    })
  }

  /** Lays the limits over those already set. */
  async setLimits(namespace: string, limits: NamespaceLimits): Promise<void> {
    const parsed = namespaceLimitsSchema.strict().safeParse(limits, ONCE)
    if (!parsed.success) {
      const [issue] = parsed.error.issues
      const place = issue?.path.join('.')
      throw new AdministrationError('invalid', place ? `limit ${place}: ${issue?.message}` : `${issue?.message}`)
    }
    const set: JsonObject = {}
    for (const [name, value] of Object.entries(parsed.data)) if (value !== undefined) set[name] = value
    await this.#update(`${namespace}/limits`, (current) => ({ ...current, ...set }))
    this.#options.onChange?.({ namespace })
  }

  /** Undefined when none are set and the system's apply. */
  async getLimits(namespace: string): Promise<NamespaceLimits | undefined> {
    const stored = await this.#store.get(`${namespace}/limits`)
    return stored && readNamespaceLimits(stored.document)
  }

  /** False when there were none. */
  async deleteLimits(namespace: string): Promise<boolean> {
    const deleted = await this.#retry(async () => {
      const stored = await this.#store.get(`${namespace}/limits`)
      if (stored) await this.#store.delete(stored.id, stored.revision)
      return stored !== undefined
    })
    if (deleted) this.#options.onChange?.({ namespace })
    return deleted
  }

  async #subject(subject: string): Promise<StoredDocument> {
    const stored = subject.includes('/') ? undefined : await this.#store.get(subject)
    if (!stored) throw unknownSubject()
    return stored
  }

  #updateSubject(subject: string, change: (current: JsonObject) => JsonObject): Promise<void> {
    return this.#update(subject, (current) => {
      if (!current || subject.includes('/')) throw unknownSubject()
      return change(current)
    })
  }

  #update(id: string, change: (current: JsonObject | undefined) => JsonObject): Promise<void> {
    return this.#retry(async () => {
      const stored = await this.#store.get(id)
      await this.#store.put(id, change(stored?.document), stored ? { revision: stored.revision } : {})
    })
  }

  async #retry<T>(attempt: () => Promise<T>): Promise<T> {
    for (let left = ATTEMPTS - 1; left > 0; left--) {
      try {
        return await attempt()
      } catch (error) {
        if (!isPlatformError(error, 'ERR_CONFLICT')) throw error
      }
    }
    return attempt()
  }
}

function namespacesOf(document: JsonObject): JsonObject[] {
  const namespaces = document['namespaces'] ?? []
  if (!Array.isArray(namespaces)) throw new PlatformError('ERR_CORRUPT', "subject: field 'namespaces' is not a list")
  return namespaces.filter(isJsonObject)
}

function splitAuthKey(auth: string): AuthKey {
  const colon = auth.indexOf(':')
  return { uuid: auth.slice(0, Math.max(0, colon)), key: colon < 0 ? '' : auth.slice(colon + 1) }
}

function parseAuthKey(auth: string): AuthKey {
  const { uuid, key } = splitAuthKey(auth)
  if (!UUID.test(uuid)) throw new AdministrationError('invalid', 'authorization id is not a valid UUID')
  if (key.length < AUTH_KEY_LENGTH) {
    throw new AdministrationError('invalid', 'authorization key must be at least 64 characters long')
  }
  // A longer one could be stored, but nobody could ever log in with it.
  if (key.length > AUTH_KEY_LENGTH) {
    throw new AdministrationError('invalid', 'authorization key must be exactly 64 characters long')
  }
  return { uuid, key }
}

function text(value: JsonValue | undefined): string {
  return typeof value === 'string' ? value : ''
}

function unknownSubject(): AdministrationError {
  return new AdministrationError('not-found', 'Subject id is not recognized')
}
