import { isPlatformError } from '../../errors.ts'
import { documentId, isEntityName, pathSegments, type EntityId } from '../../model/entity-name.ts'
import type { JsonObject } from '../../model/json.ts'
import { parameterValue, type Parameters } from '../../model/parameters.ts'
import { triggerDocument } from '../../model/trigger-codec.ts'
import type { Trigger } from '../../model/trigger.ts'
import type { Entity } from '../entities/entity.ts'
import { putHead, type HeadPut } from '../writes/put-fields.ts'
import type { ApiServices } from '../services/api-services.ts'
import { Refusal } from '../refusals/refusal.ts'
import { retryConflicts } from './retry-conflicts.ts'
import { triggerJson } from './trigger-json.ts'
import type { TriggerLinks } from './trigger-links.ts'

export interface TriggerPut extends HeadPut {
  readonly parameters?: Parameters
}

/** Triggers as the API reads and writes them; who may do so has been decided before. */
export class TriggerService {
  readonly #services: ApiServices
  readonly #links: TriggerLinks

  constructor(services: ApiServices, links: TriggerLinks) {
    this.#services = services
    this.#links = links
  }

  /** @throws Refusal not-found, other-collection */
  async get(id: EntityId): Promise<JsonObject> {
    return triggerJson(requireTrigger(await this.#services.cache.fresh(documentId(id))))
  }

  /**
   * Creates or, with `overwrite`, updates; the links of rules stay.
   * @throws Refusal already-exists, other-collection, concurrent-modification, feed-malformed
   */
  put(id: EntityId, put: TriggerPut, overwrite: boolean): Promise<JsonObject> {
    const { parts, writer } = this.#services
    const key = documentId(id)
    return this.#write(id, async (entity) => {
      const previous = entity && requireTrigger(entity)
      if (previous && !overwrite) throw new Refusal('already-exists')
      if (!previous) requireFeedName(put.annotations ?? [])
      const trigger: Trigger = {
        ...putHead(id, previous, put, parts.clock.now()),
        parameters: put.parameters ?? previous?.parameters ?? [],
        ...(previous?.rules && { rules: previous.rules }),
      }
      await writer.put(key, triggerDocument(trigger), entity ? { revision: entity.stored.revision } : {})
      return triggerJson(trigger)
    })
  }

  /** Answers with the trigger that was; its rules stay. @throws Refusal not-found, other-collection */
  delete(id: EntityId): Promise<JsonObject> {
    return this.#write(id, async (entity) => {
      const trigger = requireTrigger(entity)
      await this.#services.writer.delete(documentId(id), entity!.stored.revision)
      return triggerJson(trigger)
    })
  }

  /**
   * Lets `change` write the trigger, again when a rule was linked or unlinked meanwhile: that is no change that the
   * caller has to know of.
   */
  #write(id: EntityId, change: (entity: Entity | undefined) => Promise<JsonObject>): Promise<JsonObject> {
    const { parts, cache } = this.#services
    let first: Trigger | undefined
    let lost = false
    const attempt = async (): Promise<JsonObject> => {
      const entity = await cache.fresh(documentId(id))
      if (lost && !isSameButLinks(first, entity?.trigger)) {
        throw new Refusal('concurrent-modification')
      }
      first = entity?.trigger
      try {
        return await change(entity)
      } catch (error) {
        lost = isPlatformError(error, 'ERR_CONFLICT')
        throw error
      }
    }
    return this.#links.exclusively(id, () => retryConflicts(parts, attempt))
  }
}

/** @throws Refusal not-found, other-collection */
export function requireTrigger(entity: Entity | undefined): Trigger {
  if (entity === undefined) throw new Refusal('not-found')
  if (entity.trigger === undefined) throw new Refusal('other-collection')
  return entity.trigger
}

function isSameButLinks(a: Trigger | undefined, b: Trigger | undefined): boolean {
  return a !== undefined && b !== undefined && a.version === b.version && a.updated === b.updated
}

/** Whoever makes the trigger of a feed says so in an annotation, which must look like the name of an action. */
function requireFeedName(annotations: Parameters): void {
  const feed = parameterValue(annotations, 'feed')
  if (feed === undefined) return
  const segments = typeof feed === 'string' ? pathSegments(feed) : []
  if (segments.length === 0 || !segments.every(isEntityName)) throw new Refusal('feed-malformed')
}
