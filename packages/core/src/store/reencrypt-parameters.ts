import { isPlatformError, PlatformError } from '../errors.ts'
import { isActionDocument } from '../model/action-codec.ts'
import { parametersJson } from '../model/activation-codec.ts'
import { isPackageDocument } from '../model/package-codec.ts'
import type { ParameterCipher } from '../model/parameter-cipher.ts'
import { parseParameters } from '../model/parameters.ts'
import { attachmentsOfEntity } from './attachments-of-entity.ts'
import type { StoredDocument } from './document-store.ts'
import type { EntityStore } from './entity-store.ts'

/** What {@link reencryptParameters} came to. */
export interface Reencryption {
  /** Actions and packages that were looked at. */
  readonly read: number
  readonly changed: number
  /** Ids of those that stay as they were: unreadable, too large when encrypted, or without a key that decrypts them. */
  readonly failed: readonly string[]
}

const ATTEMPTS = 5

/**
 * Brings the parameters of all actions and packages to the current algorithm and key of the cipher, one document after
 * the other; with `off` or `noop`, to plain values. May be run while the platform is in use and may be run again.
 * Afterwards older keys are needed no longer, once caches have forgotten what they hold, at most 5 minutes later.
 * @throws ERR_CLOSED, ERR_UNAVAILABLE the store does not answer; what was changed stays changed.
 */
export async function reencryptParameters(store: EntityStore, cipher: ParameterCipher): Promise<Reencryption> {
  let read = 0
  let changed = 0
  const failed: string[] = []
  for await (const stored of store.scan({ unreadable: (id) => failed.push(id) })) {
    if (!hasOwnParameters(stored)) continue
    read++
    const outcome = await reencrypt(store, cipher, stored)
    if (outcome === 'changed') changed++
    if (outcome === 'failed') failed.push(stored.id)
  }
  return { read, changed, failed }
}

async function reencrypt(
  store: EntityStore,
  cipher: ParameterCipher,
  first: StoredDocument,
): Promise<'changed' | 'unchanged' | 'failed'> {
  let stored: StoredDocument | undefined = first
  for (let attempt = 1; ; attempt++) {
    if (!stored || !hasOwnParameters(stored)) return 'unchanged'
    try {
      return await rewrite(store, cipher, stored)
    } catch (error) {
      if (isPlatformError(error, 'ERR_CORRUPT') || isPlatformError(error, 'ERR_TOO_LARGE')) return 'failed'
      if (!isPlatformError(error, 'ERR_CONFLICT') || attempt === ATTEMPTS) throw error
    }
    // Somebody wrote it meanwhile.
    stored = await store.get(first.id)
  }
}

async function rewrite(
  store: EntityStore,
  cipher: ParameterCipher,
  { id, revision, document }: StoredDocument,
): Promise<'changed' | 'unchanged'> {
  const parameters = parseParameters(document['parameters'] ?? [])
  if (!parameters) throw new PlatformError('ERR_CORRUPT', `parameters of ${id} are malformed`)
  const renewed = cipher.renew(parameters)
  if (renewed === parameters) return 'unchanged'
  const keepAttachments = attachmentsOfEntity(document)
  await store.put(id, { ...document, parameters: parametersJson(renewed) }, { revision, keepAttachments })
  return 'changed'
}

/** A sequence has only the names of its components there, which nobody encrypts. */
function hasOwnParameters({ document }: StoredDocument): boolean {
  if (!isActionDocument(document)) return isPackageDocument(document)
  const { exec } = document
  return !(typeof exec === 'object' && exec !== null && 'kind' in exec && exec['kind'] === 'sequence')
}
