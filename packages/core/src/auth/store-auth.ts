import { LRUCache } from 'lru-cache'
import { adapterContext, type Adapter } from '../adapter.ts'
import { growingTo } from '../collections/growing-cache.ts'
import { PlatformError } from '../errors.ts'
import type { MaybePromise } from '../lifecycle.ts'
import { ALL_RIGHTS, AUTH_KEY_LENGTH, type Identity } from '../model/identity.ts'
import { isJsonObject } from '../model/json.ts'
import { readNamespaceLimits } from '../model/read-namespace-limits.ts'
import type { IndexRow } from '../store/document-store.ts'
import { keyPartition, type SubjectIndex, type SubjectStore } from '../store/subject-store.ts'
import type { Clock } from '../time/clock.ts'
import type { Auth, AuthCapabilities, AuthContext, Credentials, SubjectChange } from './auth.ts'
import { sameSecret } from './same-secret.ts'

/** Options of {@link storeAuth}. */
export interface StoreAuthOptions {
  /** How long an identity may be answered from memory, ms; 0 asks the store every time. Default 300,000. */
  readonly maxStalenessMs?: number
  /** How long "unknown" may be answered from memory, ms, at most `maxStalenessMs`. Default 10,000. */
  readonly unknownStalenessMs?: number
  /** Identities kept in memory. Default 100,000. */
  readonly maxEntries?: number
}

/** Refused guesses are kept apart from identities, so that a flood of them evicts nobody. */
const MAX_UNKNOWN = 10_000

/** Longer ones are not looked up: any caller can send them, and no backend need take such a key. */
const MAX_USER_LENGTH = 256

interface Entry {
  readonly identity: Identity
  readonly freshUntilMs: number
  /** Whose key was compared with that of the identity. They come again and again, and are frozen. */
  proven?: Credentials
}

/** HTTP Basic credentials, user the uuid and password the key, looked up in the subject store. */
export class StoreAuth implements Auth {
  readonly capabilities: AuthCapabilities
  readonly #store: SubjectStore
  readonly #clock: Clock
  readonly #maxStalenessMs: number
  readonly #unknownStalenessMs: number
  readonly #byUser: LRUCache<string, Entry>
  readonly #byNamespace: LRUCache<string, Entry>
  /** Lookups that found nothing, and until when to remember that. */
  readonly #unknown = new LRUCache<string, number>(growingTo(MAX_UNKNOWN))
  readonly #loading = new Map<string, Promise<Identity | undefined>>()
  #generation = 0
  #open = false

  constructor(store: SubjectStore, options: StoreAuthOptions & { readonly clock?: Clock } = {}) {
    const { maxStalenessMs = 300_000, maxEntries = 100_000, clock = adapterContext().clock } = options
    this.#maxStalenessMs = integer('maxStalenessMs', maxStalenessMs, 0)
    this.#unknownStalenessMs = Math.min(
      maxStalenessMs,
      integer('unknownStalenessMs', options.unknownStalenessMs ?? 10_000, 0),
    )
    this.#store = store
    this.#clock = clock
    this.#byUser = new LRUCache(growingTo(integer('maxEntries', maxEntries, 1)))
    this.#byNamespace = new LRUCache(growingTo(maxEntries))
    this.capabilities = { schemes: ['basic'], maxStalenessMs }
  }

  async open(): Promise<void> {
    this.#open = true
  }

  async close(): Promise<void> {
    this.#open = false
    this.invalidate()
  }

  authenticate(credentials: Credentials): MaybePromise<Identity | undefined> {
    this.#check()
    if (credentials.scheme !== 'basic' || credentials.password.length !== AUTH_KEY_LENGTH) return undefined
    const { user, password } = credentials
    if (user.length > MAX_USER_LENGTH) return undefined
    const entry = this.#byUser.get(user)
    if (entry && this.#fresh(entry.freshUntilMs) && proves(credentials, entry)) {
      return entry.identity
    }
    const lookup = `key ${keyPartition(user, password)}`
    return this.#knownUnknown(lookup) ? undefined : this.#once(lookup, () => this.#load(user, password))
  }

  identityOf(namespace: string): MaybePromise<Identity | undefined> {
    this.#check()
    const entry = this.#byNamespace.get(namespace)
    if (entry && this.#fresh(entry.freshUntilMs)) return entry.identity
    const lookup = `namespace ${namespace}`
    return this.#knownUnknown(lookup) ? undefined : this.#once(lookup, () => this.#loadOwner(namespace))
  }

  /**
   * Forgets what concerns the subject or the namespace, or everything, so that a change of the store is seen at once.
   * What is being loaded right now is answered but not kept.
   */
  invalidate(changed: SubjectChange = {}): void {
    this.#generation++
    this.#loading.clear()
    this.#unknown.clear()
    const { subject, namespace } = changed
    const everything = subject === undefined && namespace === undefined
    for (const cache of [this.#byUser, this.#byNamespace]) {
      for (const [key, { identity }] of cache) {
        if (everything || identity.subject === subject || identity.namespace.name === namespace) cache.delete(key)
      }
    }
  }

  async #load(user: string, password: string): Promise<Identity | undefined> {
    const rows = await this.#rows(keyPartition(user, password), 2)
    if (rows.length > 1) throw new PlatformError('ERR_CORRUPT', 'credentials match more than one namespace')
    const [row] = rows
    if (!row || row.uuid !== user || !sameSecret(password, row.key)) return undefined
    return this.#identity(row)
  }

  async #loadOwner(namespace: string): Promise<Identity | undefined> {
    const [row] = await this.#rows(namespace, 1)
    return row && row.namespace === namespace ? this.#identity(row) : undefined
  }

  async #rows(partition: string, limit: number): Promise<SubjectRow[]> {
    const index: SubjectIndex = 'identities'
    return (await this.#store.list({ index, partition, limit })).map(readRow)
  }

  async #identity({ subject, namespace, uuid, key }: SubjectRow): Promise<Identity> {
    const limits = await this.#store.get(`${namespace}/limits`)
    return {
      subject,
      namespace: { name: namespace, uuid },
      authkey: { uuid, key },
      rights: ALL_RIGHTS,
      limits: limits ? readNamespaceLimits(limits.document) : {},
    }
  }

  /** Everybody who asks for the same at the same time waits for one look-up. */
  #once(lookup: string, load: () => Promise<Identity | undefined>): Promise<Identity | undefined> {
    const running = this.#loading.get(lookup)
    if (running) return running
    const generation = this.#generation
    // Counted from before the read: what the store changes meanwhile must not live longer than promised.
    const startedMs = this.#clock.monotonic()
    const loading = load()
      .then((identity) => {
        if (this.#generation === generation) this.#keep(lookup, identity, startedMs)
        return identity
      })
      .finally(() => {
        if (this.#loading.get(lookup) === loading) this.#loading.delete(lookup)
      })
    this.#loading.set(lookup, loading)
    return loading
  }

  #keep(lookup: string, identity: Identity | undefined, startedMs: number): void {
    if (!identity) {
      if (this.#unknownStalenessMs > 0) this.#unknown.set(lookup, startedMs + this.#unknownStalenessMs)
    } else if (this.#maxStalenessMs > 0) {
      const entry = { identity, freshUntilMs: startedMs + this.#maxStalenessMs }
      if (lookup.startsWith('key ')) this.#byUser.set(identity.authkey.uuid, entry)
      else this.#byNamespace.set(identity.namespace.name, entry)
    }
  }

  #knownUnknown(lookup: string): boolean {
    const untilMs = this.#unknown.get(lookup)
    return untilMs !== undefined && this.#fresh(untilMs)
  }

  #fresh(untilMs: number): boolean {
    return this.#clock.monotonic() < untilMs
  }

  #check(): void {
    if (!this.#open) throw new PlatformError('ERR_CLOSED', 'store auth is not open')
  }
}

function proves(credentials: Extract<Credentials, { scheme: 'basic' }>, entry: Entry): boolean {
  if (entry.proven === credentials) return true
  if (!sameSecret(credentials.password, entry.identity.authkey.key)) return false
  if (Object.isFrozen(credentials)) entry.proven = credentials
  return true
}

interface SubjectRow {
  readonly subject: string
  readonly namespace: string
  readonly uuid: string
  readonly key: string
}

function readRow({ id, value }: IndexRow): SubjectRow {
  if (isJsonObject(value)) {
    const { namespace, uuid, key } = value
    if (typeof namespace === 'string' && typeof uuid === 'string' && typeof key === 'string') {
      return { subject: id, namespace, uuid, key }
    }
  }
  throw new PlatformError('ERR_CORRUPT', `subject '${id}': its row in the index identities is malformed`)
}

function integer(option: string, value: number, least: number): number {
  if (Number.isSafeInteger(value) && value >= least) return value
  throw new PlatformError('ERR_CONFIG', `storeAuth: option ${option} must be an integer of at least ${least}`)
}

/** OpenWhisk's authentication: keys in the subject store of the platform. */
export function storeAuth(options: StoreAuthOptions = {}): Adapter<StoreAuth, AuthContext> {
  return {
    name: '@stemcell/core',
    core: '^0.1.0',
    build: ({ subjectStore, clock }) => new StoreAuth(subjectStore, { ...options, clock }),
  }
}
