import type { IncomingMessage } from 'node:http'
import { sameSecret } from '../../auth/same-secret.ts'
import type { Identity } from '../../model/identity.ts'
import type { JsonValue } from '../../model/json.ts'
import { JsonNumber } from '../../model/json-number.ts'
import { HttpError } from '../http/http-error.ts'

/**
 * Lets a request through as the annotation `require-whisk-auth` says: a text or a number is a secret that the request
 * must carry, `true` asks for credentials of the platform, and a value of another type lets nobody in.
 * @throws HttpError 401
 */
export function requireWhiskAuth(
  required: JsonValue | undefined,
  { headers }: IncomingMessage,
  caller: Identity | undefined,
): void {
  if (required === undefined || required === false) return
  if (required === true ? caller !== undefined : carriesSecret(required, headers['x-require-whisk-auth'])) return
  throw new HttpError(401)
}

function carriesSecret(required: JsonValue, given: string | string[] | undefined): boolean {
  const secret = typeof required === 'number' || required instanceof JsonNumber ? String(required) : required
  return typeof secret === 'string' && typeof given === 'string' && sameSecret(given, secret)
}
