import { isPlatformError, PlatformError } from '../../errors.ts'
import type { Action, StoredAction } from '../../model/action.ts'
import { actionDocument, readCode } from '../../model/action-codec.ts'
import { documentId, type EntityId } from '../../model/entity-name.ts'
import { isSequence } from '../../model/exec.ts'
import type { Identity } from '../../model/identity.ts'
import type { JsonObject } from '../../model/json.ts'
import type { ApiOptions } from '../parts/api-options.ts'
import type { ControllerParts } from '../parts/controller-parts.ts'
import type { ApiServices } from '../services/api-services.ts'
import { actionJson } from './action-json.ts'
import type { EntityCache } from '../entities/entity-cache.ts'
import type { EntityWriter } from '../entities/entity-writer.ts'
import { lockParameters } from '../writes/lock-parameters.ts'
import { requireAction, withParameters, type ActionPlace } from '../admission/resolve-action.ts'
import { Refusal } from '../refusals/refusal.ts'
import { newAction, updatedAction, type ActionPut } from './write-action.ts'

/** Actions as the API reads and writes them; who may do so has been decided before. */
export class ActionService {
  readonly #parts: ControllerParts
  readonly #cache: EntityCache
  readonly #writer: EntityWriter
  readonly #options: ApiOptions

  constructor({ parts, cache, writer, options }: Pick<ApiServices, 'parts' | 'cache' | 'writer' | 'options'>) {
    this.#parts = parts
    this.#options = options
    this.#cache = cache
    this.#writer = writer
  }

  /** @throws Refusal not-found, other-collection */
  async get(place: ActionPlace, withCode: boolean): Promise<JsonObject> {
    const { stored, code } = await this.#read(place, withCode)
    const { action } = withParameters(stored, place.parameters)
    return actionJson(action, code, withCode ? undefined : place.binding)
  }

  /**
   * Creates or, with `overwrite`, updates. `check` is what is left to be found out once it is known that the name may
   * be written to.
   * @throws Refusal already-exists, other-collection, what the action itself is refused for, and what `check` throws
   */
  async put(id: EntityId, put: ActionPut, overwrite: boolean, check: () => Promise<void>): Promise<JsonObject> {
    const { manifest, limits, clock, random } = this.#parts
    const key = documentId(id)
    const current = await this.#cache.fresh(key)
    const previous = current && requireAction(current)
    if (previous && !overwrite) throw new Refusal('already-exists')
    await check()
    const written = previous
      ? updatedAction(previous.action, put, manifest, clock.now())
      : newAction(id, put, limits, manifest, clock.now(), this.#options)
    const action = this.#locked(written, previous?.action)
    const { document, attachments, keepAttachments } = actionDocument(action, {
      maxInlineCodeBytes: limits.maxInlineCodeBytes,
      attachmentName: random.uuid(),
    })
    const code = await this.#code(key, action)
    await this.#writer.put(key, document, {
      attachments,
      keepAttachments,
      ...(previous && { revision: previous.revision }),
    })
    return actionJson(action, code)
  }

  /** Answers with the action that was. @throws Refusal not-found, other-collection */
  async delete(id: EntityId): Promise<JsonObject> {
    const key = documentId(id)
    const { stored, code } = await this.#read({ ...id, parameters: [] }, true)
    await this.#writer.delete(key, stored.revision)
    return actionJson(stored.action, code)
  }

  /** A package that may be written into. @throws Refusal not-found, other-collection, binding-read-only */
  async requireWritablePackage(path: string): Promise<void> {
    const entity = await this.#cache.fresh(path)
    if (entity === undefined) throw new Refusal('not-found')
    const content = entity.package
    if (content === undefined) throw new Refusal('other-collection')
    if (content.binding) throw new Refusal('binding-read-only')
  }

  #locked(action: Action, previous: Action | undefined): Action {
    if (isSequence(action.exec)) return action
    const parameters = lockParameters(this.#parts.cipher, action.parameters, previous?.parameters)
    return parameters === action.parameters ? action : { ...action, parameters }
  }

  async #read(place: ActionPlace, withCode: boolean): Promise<{ stored: StoredAction; code: string | undefined }> {
    const key = documentId(place)
    const stored = requireAction(await this.#cache.fresh(key))
    if (!withCode) return { stored, code: undefined }
    try {
      return { stored, code: await this.#code(key, stored.action) }
    } catch (error) {
      // An update between the two reads takes the attachment away: the second look sees the new document.
      if (!isPlatformError(error, 'ERR_CORRUPT')) throw error
      const again = requireAction(await this.#cache.fresh(key))
      return { stored: again, code: await this.#code(key, again.action) }
    }
  }

  /** The code as the client wrote it. */
  async #code(key: string, { exec }: Action): Promise<string | undefined> {
    if (isSequence(exec) || exec.code === undefined) return undefined
    if ('text' in exec.code) return exec.code.text
    const name = exec.code.attachment
    const bytes = await this.#parts.entityStore.readAttachment(key, name)
    if (bytes === undefined)
      throw new PlatformError('ERR_CORRUPT', `attachment '${name}' of action '${key}' is missing`)
    return readCode(exec, bytes)
  }
}

/** Whether the caller may have actions of a kind; no list at all means every kind. */
export function isKindAllowed(kind: string, user: Identity, whitelist: readonly string[] = []): boolean {
  const allowed = [...whitelist, ...(user.limits.allowedKinds ?? [])]
  return allowed.length === 0 || allowed.includes(kind)
}
