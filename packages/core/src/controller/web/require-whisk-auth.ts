import type { HttpRequest } from '../http/direct/api-server.ts'
import { sameSecret } from '../../auth/same-secret.ts'
import type { Identity } from '../../model/identity.ts'
import type { JsonValue } from '../../model/json.ts'
import { JsonNumber } from '../../model/json-number.ts'
import { headerText } from '../http/header-text.ts'
import { Refusal } from '../refusals/refusal.ts'

/**
 * Lets a request through as the annotation `require-whisk-auth` says: a text or a number is a secret that the request
 * must carry, `true` asks for credentials of the platform, and a value of another type lets nobody in.
 * @throws Refusal web-authentication-missing
 */
export function requireWhiskAuth(
  required: JsonValue | undefined,
  request: HttpRequest,
  caller: Identity | undefined,
): void {
  if (!mayPass(required, request, caller)) throw new Refusal('web-authentication-missing')
}

/** Whether `requireWhiskAuth` lets it through. */
export function mayPass(
  required: JsonValue | undefined,
  { headers }: HttpRequest,
  caller: Identity | undefined,
): boolean {
  if (required === undefined || required === false) return true
  return required === true ? caller !== undefined : carriesSecret(required, headers['x-require-whisk-auth'])
}

function carriesSecret(required: JsonValue, given: string | string[] | undefined): boolean {
  const secret = typeof required === 'number' || required instanceof JsonNumber ? String(required) : required
  return typeof secret === 'string' && typeof given === 'string' && sameSecret(headerText(given), secret)
}
