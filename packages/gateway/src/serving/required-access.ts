import { timingSafeEqual } from 'node:crypto'
import type { HttpRequest } from '@stemcell/core'
import { secretHash } from '../actions/subscriptions.ts'
import type { RequiredKey } from '../apis/security.ts'
import type { ServedApi } from './served-api.ts'

export type Access = { readonly clientId: string | undefined } | { readonly refusal: string }

const NOBODY: Access = { clientId: undefined }

/** Whether a request shows the keys of a subscription, where its operation asks for them. */
export function accessOf(
  request: HttpRequest,
  query: string,
  keys: readonly RequiredKey[],
  { subscriptions }: ServedApi,
): Access {
  if (keys.length === 0) return NOBODY
  let clientId: string | undefined
  let secret: string | undefined
  for (const key of keys) {
    const shown = shownKey(request, query, key)
    if (!shown)
      return { refusal: `API key ${key.in === 'header' ? 'header' : 'query parameter'} "${key.name}" is required.` }
    if (key.secret) secret = shown
    else if (!subscriptions.has(shown)) return { refusal: 'Invalid API key.' }
    else clientId = shown
  }
  if (secret === undefined) return { clientId }
  const hash = clientId === undefined ? undefined : subscriptions.get(clientId)
  if (hash === undefined || !sameText(hash, secretHash(secret))) {
    return { refusal: 'Secret mismatch or not subscribed to this api.' }
  }
  return { clientId }
}

function shownKey({ headers }: HttpRequest, query: string, key: RequiredKey): string | undefined {
  if (key.in === 'query') return new URLSearchParams(query).get(key.name) ?? undefined
  const header = headers[key.name.toLowerCase()]
  return Array.isArray(header) ? header[0] : header
}

function sameText(a: string, b: string): boolean {
  return a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b))
}
