import { LRUCache } from 'lru-cache'
import type { Auth, Credentials } from '../../auth/auth.ts'
import { isPromise, type MaybePromise } from '../../lifecycle.ts'
import type { Identity } from '../../model/identity.ts'
import { Refusal } from '../refusals/refusal.ts'

const BASIC = /^basic +([A-Za-z0-9+/]+={0,2})\s*$/i
const MAX_HEADERS_REMEMBERED = 1000

/** Finds out who sent a request. */
export class Authenticator {
  readonly #auth: Auth
  /** Headers that were taken apart before: callers send the same one with every request. */
  readonly #credentials = new LRUCache<string, Credentials>({ max: MAX_HEADERS_REMEMBERED })

  constructor(auth: Auth) {
    this.#auth = auth
  }

  /**
   * The caller behind an `Authorization` header.
   * @throws Refusal authentication-missing, authentication-invalid
   */
  authenticate(header: string | undefined): MaybePromise<Identity> {
    const found = this.#auth.authenticate(this.#read(header))
    return isPromise(found) ? found.then(known) : known(found)
  }

  #read(header: string | undefined): Credentials {
    if (header === undefined) throw new Refusal('authentication-missing')
    const remembered = this.#credentials.get(header)
    if (remembered) return remembered
    const credentials = parse(header)
    this.#credentials.set(header, credentials)
    return credentials
  }
}

function parse(header: string): Credentials {
  // Of any other scheme there are no credentials at all.
  if (!BASIC.test(header)) throw new Refusal('authentication-missing')
  const pair = basicCredentials(header)
  if (!pair) throw new Refusal('authentication-invalid')
  return Object.freeze({ scheme: 'basic', ...pair })
}

/** The pair in an `Authorization` header; undefined when there is none. */
export function basicCredentials(
  header: string | undefined,
): { readonly user: string; readonly password: string } | undefined {
  const token = header === undefined ? undefined : BASIC.exec(header)?.[1]
  if (token === undefined) return undefined
  const pair = Buffer.from(token, 'base64').toString('utf8')
  const colon = pair.indexOf(':')
  return colon < 0 ? undefined : { user: pair.slice(0, colon), password: pair.slice(colon + 1) }
}

function known(identity: Identity | undefined): Identity {
  if (identity === undefined) throw new Refusal('authentication-invalid')
  return identity
}
