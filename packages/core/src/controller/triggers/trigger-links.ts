import { documentId, type EntityId } from '../../model/entity-name.ts'
import { triggerDocument } from '../../model/trigger-codec.ts'
import type { RuleLink, RuleStatus, Trigger } from '../../model/trigger.ts'
import type { ApiServices } from '../services/api-services.ts'
import { KeyedLock } from '../../keyed-lock.ts'
import { retryConflicts } from './retry-conflicts.ts'

/**
 * The part of trigger documents that belongs to rules. Writers of one trigger take turns in this process and try again
 * when another one was faster, so that no link is lost; version and time of the trigger stay as its owner wrote them.
 */
export class TriggerLinks {
  readonly #services: Pick<ApiServices, 'parts' | 'cache' | 'writer'>
  readonly #locks = new KeyedLock()

  constructor(services: Pick<ApiServices, 'parts' | 'cache' | 'writer'>) {
    this.#services = services
  }

  /** Undefined when there is no such trigger. */
  async trigger(id: EntityId): Promise<Trigger | undefined> {
    return (await this.#services.cache.fresh(documentId(id)))?.trigger
  }

  /** Links a rule, behind those that are; false when there is no such trigger. @throws ERR_CONFLICT, ERR_UNAVAILABLE */
  link(trigger: EntityId, ruleId: string, link: RuleLink): Promise<boolean> {
    return this.#change(trigger, ({ rules }) => {
      const others = [...(rules ?? [])].filter(([id]) => id !== ruleId)
      return new Map([...others, [ruleId, link]])
    })
  }

  /** Takes a rule out; nothing happens when it is not linked. @throws ERR_CONFLICT, ERR_UNAVAILABLE */
  async unlink(trigger: EntityId, ruleId: string): Promise<void> {
    await this.#change(trigger, ({ rules }) =>
      rules?.has(ruleId) ? new Map([...rules].filter(([id]) => id !== ruleId)) : undefined,
    )
  }

  /** For those who write the rest of a trigger. */
  exclusively<T>(trigger: EntityId, task: () => Promise<T>): Promise<T> {
    return this.#locks.run(documentId(trigger), task)
  }

  #change(id: EntityId, change: (trigger: Trigger) => Trigger['rules'] | undefined): Promise<boolean> {
    const { cache, writer, parts } = this.#services
    const key = documentId(id)
    const attempt = async (): Promise<boolean> => {
      const entity = await cache.fresh(key)
      if (entity?.trigger === undefined) return false
      const rules = change(entity.trigger)
      if (!rules) return true
      const document = triggerDocument({ ...entity.trigger, rules })
      await writer.put(key, document, { revision: entity.stored.revision })
      return true
    }
    return this.exclusively(id, () => retryConflicts(parts, attempt))
  }
}

/** A rule is active when its trigger says so. */
export function statusIn(trigger: Trigger | undefined, ruleId: string): RuleStatus {
  return trigger?.rules?.get(ruleId)?.status ?? 'inactive'
}
