import type { Auth } from '../../auth/auth.ts'
import { isPromise, type MaybePromise } from '../../lifecycle.ts'
import type { Identity } from '../../model/identity.ts'
import { HttpError } from './http-error.ts'
import { TEXTS } from './texts.ts'

const BASIC = /^basic +([A-Za-z0-9+/]+={0,2})\s*$/i
const OTHER_SCHEME = /^(?!basic(?:\s|$))[!#$%&'*+.^_`|~0-9A-Za-z-]+(?:\s|$)/i
const CHALLENGE = ['WWW-Authenticate', 'Basic realm="OpenWhisk secure realm"']

/**
 * The caller behind an `Authorization` header.
 * @throws HttpError 401 there is none, it cannot be read, or the credentials are refused.
 */
export function authenticate(auth: Auth, header: string | undefined): MaybePromise<Identity> {
  const token = header === undefined ? undefined : BASIC.exec(header)?.[1]
  if (token === undefined) {
    throw unauthorized(
      header !== undefined && OTHER_SCHEME.test(header) ? TEXTS.authenticationInvalid : TEXTS.authenticationMissing,
    )
  }
  const pair = Buffer.from(token, 'base64').toString('utf8')
  const colon = pair.indexOf(':')
  if (colon < 0) throw unauthorized(TEXTS.authenticationInvalid)
  const found = auth.authenticate({ scheme: 'basic', user: pair.slice(0, colon), password: pair.slice(colon + 1) })
  return isPromise(found) ? found.then(known) : known(found)
}

function known(identity: Identity | undefined): Identity {
  if (identity === undefined) throw unauthorized(TEXTS.authenticationInvalid)
  return identity
}

function unauthorized(message: string): HttpError {
  return new HttpError(401, message, { headers: CHALLENGE })
}
