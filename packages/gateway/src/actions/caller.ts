import type { JsonObject, SystemCall } from '@stemcell/core'
import { textAt } from '../apis/json.ts'
import { Refusal } from './refusal.ts'

/** Who calls an action of `apimgmt`, and with what. */
export interface ApiCall {
  /** The caller's, whose APIs they are: nobody else's are ever read or changed. */
  readonly namespace: string
  readonly parameters: JsonObject
  /** Where clients reach the gateway. */
  readonly gatewayUrl: string
}

/** @throws Refusal the gateway has no address, or the caller no credentials (`unauthenticated` says so). */
export function apiCall({ parameters }: SystemCall, gatewayUrl: string | undefined, unauthenticated: string): ApiCall {
  if (gatewayUrl === undefined) throw new Refusal('gwUrl is required.')
  const namespace = textAt(parameters, '__ow_user')
  if (namespace === undefined || namespace === '') throw new Refusal(unauthenticated)
  return { namespace, parameters, gatewayUrl }
}

/** A parameter that is text, in the query or the body; an empty one counts as none. */
export function textParameter({ parameters }: ApiCall, name: string): string | undefined {
  return textAt(parameters, name) || undefined
}
