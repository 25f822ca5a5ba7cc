import { LRUCache } from 'lru-cache'
import { isPlatformError, PlatformError } from '../errors.ts'
import type { MaybePromise } from '../lifecycle.ts'
import type { ActivationMessage } from '../messages/activation-message.ts'
import { isActionDocument, readAction, readCode } from '../model/action-codec.ts'
import type { Action } from '../model/action.ts'
import { documentId } from '../model/entity-name.ts'
import { isSequence } from '../model/exec.ts'
import { isTruthy, parameterValue } from '../model/parameters.ts'
import type { RuntimesManifest } from '../model/runtimes-manifest.ts'
import type { EntityStore } from '../store/entity-store.ts'
import type { Clock } from '../time/clock.ts'
import { loadedAction, type LoadedAction } from './parts/loaded-action.ts'

const CACHED_ACTIONS = 1_000
const CACHED_CHARACTERS = 256 * 1024 ** 2
/** A store that does not answer is asked again after these pauses, ms. */
const RETRY_PAUSES_MS = [50, 250]
/** An attachment can vanish between two reads when the action is being updated. */
const READS_PER_CHANGE = 3

/** Why there is no action to run. */
export type ActionFailure = 'removed' | 'incompatible' | 'not-fetched'

export interface ActionSourceParts {
  readonly entityStore: EntityStore
  readonly manifest: RuntimesManifest
  readonly clock: Clock
}

/**
 * Actions with their code. Revisions never change, so that what was read once is kept; nothing is read twice at the
 * same time.
 */
export class ActionSource {
  readonly #parts: ActionSourceParts
  readonly #cache = new LRUCache<string, LoadedAction>({
    max: CACHED_ACTIONS,
    maxSize: CACHED_CHARACTERS,
    sizeCalculation: ({ initFieldsText }) => initFieldsText.length,
  })
  readonly #reading = new Map<string, Promise<LoadedAction | ActionFailure>>()

  constructor(parts: ActionSourceParts) {
    this.#parts = parts
  }

  /**
   * The revision that the message names, or the current one when it names none or is not current any more. Never
   * rejects; answers without a promise when nothing must be read.
   */
  get({ action, revision }: ActivationMessage): MaybePromise<LoadedAction | ActionFailure> {
    const id = documentId(action)
    if (revision === undefined) return this.#read(id, id)
    const key = cacheKey(id, revision)
    return this.#cache.get(key) ?? this.#read(id, key)
  }

  #read(id: string, key: string): Promise<LoadedAction | ActionFailure> {
    let reading = this.#reading.get(key)
    if (!reading) {
      reading = this.#readWithRetries(id)
        .catch((error: unknown): ActionFailure =>
          isPlatformError(error, 'ERR_CORRUPT') ? 'incompatible' : 'not-fetched',
        )
        .finally(() => this.#reading.delete(key))
      this.#reading.set(key, reading)
    }
    return reading
  }

  async #readWithRetries(id: string): Promise<LoadedAction | ActionFailure> {
    for (const pauseMs of RETRY_PAUSES_MS) {
      try {
        return await this.#readNow(id)
      } catch (error) {
        if (!isPlatformError(error) || !error.retryable) throw error
      }
      await this.#parts.clock.sleep(pauseMs)
    }
    return this.#readNow(id)
  }

  async #readNow(id: string): Promise<LoadedAction | ActionFailure> {
    const { entityStore, manifest } = this.#parts
    for (let reads = 0; reads < READS_PER_CHANGE; reads++) {
      const stored = await entityStore.get(id)
      if (!stored) return 'removed'
      const cached = this.#cache.get(cacheKey(id, stored.revision))
      if (cached) return cached
      if (!isActionDocument(stored.document)) return 'incompatible'
      const action = readAction(stored.document)
      const code = await this.#code(id, action)
      if (code === 'vanished') continue
      const repeatable = isTruthy(parameterValue(action.annotations, 'repeatable'), false)
      const loaded = loadedAction(action, stored.revision, code?.text, repeatable, manifest)
      if (!loaded) return 'incompatible'
      this.#cache.set(cacheKey(id, stored.revision), loaded)
      return loaded
    }
    throw new PlatformError('ERR_UNAVAILABLE', `the code of ${id} was not found with its document`)
  }

  async #code(id: string, { exec }: Action): Promise<{ readonly text: string } | 'vanished' | undefined> {
    if (isSequence(exec) || !exec.code) return undefined
    if ('text' in exec.code) return exec.code
    const bytes = await this.#parts.entityStore.readAttachment(id, exec.code.attachment)
    return bytes ? { text: readCode(exec, bytes) } : 'vanished'
  }
}

function cacheKey(id: string, revision: string): string {
  return `${id}@${revision}`
}
