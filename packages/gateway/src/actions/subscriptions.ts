import { createHash } from 'node:crypto'
import { randomText, type JsonObject, type Random } from '@stemcell/core'
import type { Api, ApiEntry, ApiStore, Subscription } from '../apis/api-store.ts'
import { textParameter, type ApiCall } from './caller.ts'
import { Refusal } from './refusal.ts'
import { isNamed } from './shown-api.ts'

const KEY_LENGTH = 40
const LONGEST_KEY = 256

/**
 * Lets a client use an API that asks for keys. Without an id of the caller's choice one is made, and told; a secret is
 * told to nobody again.
 */
export async function createSubscription(store: ApiStore, random: Random, call: ApiCall): Promise<JsonObject> {
  const clientId = textParameter(call, 'client_id') ?? randomText(random, KEY_LENGTH)
  const secret = textParameter(call, 'client_secret')
  const select = selected(call)
  if (clientId.length > LONGEST_KEY) throw new Refusal(`client_id is longer than ${LONGEST_KEY} characters.`)
  const subscription: Subscription = { clientId, ...(secret === undefined ? {} : { secretHash: secretHash(secret) }) }
  const api = await store.change(call.namespace, select, (found) => ({
    document: existing(found).document,
    subscriptions: [...existing(found).subscriptions.filter((one) => one.clientId !== clientId), subscription],
  }))
  return { message: `Subscription '${clientId}' created for API '${api!.entry.id}'`, client_id: clientId }
}

/** The ids of those who may use an API. */
export async function getSubscriptions(store: ApiStore, call: ApiCall): Promise<JsonObject> {
  const select = selected(call)
  const api = existing((await store.all(call.namespace)).find(({ entry }) => select(entry)))
  return { subscriptions: api.subscriptions.map(({ clientId }) => clientId) }
}

export async function deleteSubscription(store: ApiStore, call: ApiCall): Promise<JsonObject> {
  const clientId = textParameter(call, 'client_id')
  if (clientId === undefined) throw new Refusal('Missing client_id')
  await store.change(call.namespace, selected(call), (found) => {
    const { document, subscriptions } = existing(found)
    const left = subscriptions.filter((one) => one.clientId !== clientId)
    if (left.length === subscriptions.length) throw new Refusal("Subscription doesn't exist")
    return { document, subscriptions: left }
  })
  return {}
}

/** What is kept of a secret. */
export function secretHash(secret: string): string {
  return createHash('sha256').update(secret).digest('hex')
}

/** An API by its id, or by base path or name. */
function selected(call: ApiCall): (entry: ApiEntry) => boolean {
  const id = textParameter(call, 'artifact_id')
  if (id !== undefined) return (entry) => entry.id === id
  const basePath = textParameter(call, 'basepath')
  if (basePath === undefined) throw new Refusal('basepath is required.')
  return isNamed(basePath)
}

function existing(api: Api | undefined): Api {
  if (!api) throw new Refusal('The API does not exist.')
  return api
}
