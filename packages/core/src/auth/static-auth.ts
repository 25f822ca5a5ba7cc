import type { Adapter } from '../adapter.ts'
import { PlatformError } from '../errors.ts'
import { ALL_RIGHTS, AUTH_KEY_LENGTH, authKeyText, type Identity, type Right } from '../model/identity.ts'
import type { NamespaceLimits } from '../model/namespace-limits.ts'
import type { Auth, AuthCapabilities, Credentials } from './auth.ts'
import { sameSecret } from './same-secret.ts'

/** One caller of a platform whose callers are known beforehand. */
export interface StaticIdentity {
  readonly namespace: string
  /** `uuid:key`, the key 64 characters long. */
  readonly auth: string
  /** Default: the namespace's name. */
  readonly subject?: string
  /** Default: all. */
  readonly rights?: readonly Right[]
  /** Default: none. */
  readonly limits?: NamespaceLimits
}

/** A fixed list of callers, for embedding and tests. Every answer comes without a promise. */
export class StaticAuth implements Auth {
  readonly capabilities: AuthCapabilities = { schemes: ['basic'], maxStalenessMs: 0 }
  readonly #byUser = new Map<string, Identity[]>()
  readonly #byNamespace = new Map<string, Identity>()
  #open = false

  /** @throws ERR_CONFIG an `auth` is not `uuid:key`. */
  constructor(identities: readonly StaticIdentity[]) {
    identities.forEach((source, index) => {
      const identity = readIdentity(source, index)
      const { uuid } = identity.authkey
      this.#byUser.set(uuid, [...(this.#byUser.get(uuid) ?? []), identity])
      if (!this.#byNamespace.has(source.namespace)) this.#byNamespace.set(source.namespace, identity)
    })
  }

  async open(): Promise<void> {
    this.#open = true
  }

  async close(): Promise<void> {
    this.#open = false
  }

  authenticate(credentials: Credentials): Identity | undefined {
    this.#check()
    if (credentials.scheme !== 'basic' || credentials.password.length !== AUTH_KEY_LENGTH) return undefined
    const { user, password } = credentials
    const matches = this.#byUser.get(user)?.filter(({ authkey }) => sameSecret(password, authkey.key)) ?? []
    if (matches.length > 1) throw new PlatformError('ERR_CORRUPT', 'credentials match more than one namespace')
    return matches[0]
  }

  identityOf(namespace: string): Identity | undefined {
    this.#check()
    return this.#byNamespace.get(namespace)
  }

  #check(): void {
    if (!this.#open) throw new PlatformError('ERR_CLOSED', 'static auth is not open')
  }
}

function readIdentity(source: StaticIdentity, index: number): Identity {
  const { namespace, auth, subject = namespace, rights = ALL_RIGHTS, limits = {} } = source
  const colon = auth.indexOf(':')
  const authkey = { uuid: auth.slice(0, Math.max(0, colon)), key: auth.slice(colon + 1) }
  if (authkey.uuid === '' || authkey.key.length !== AUTH_KEY_LENGTH || authKeyText(authkey) !== auth) {
    throw new PlatformError(
      'ERR_CONFIG',
      `staticAuth: option [${index}].auth must be 'uuid:key' with a key of ${AUTH_KEY_LENGTH} characters`,
    )
  }
  return { subject, namespace: { name: namespace, uuid: authkey.uuid }, authkey, rights, limits }
}

/** An auth that knows these callers and no others. @throws ERR_CONFIG an `auth` is not `uuid:key`. */
export function staticAuth(identities: readonly StaticIdentity[]): Adapter<StaticAuth> {
  return { name: '@stemcell/core', core: '^0.1.0', build: () => new StaticAuth(identities) }
}
