import { isPlatformError } from '../../errors.ts'
import { documentId, type EntityId } from '../../model/entity-name.ts'
import type { Identity } from '../../model/identity.ts'
import type { JsonObject } from '../../model/json.ts'
import { ruleDocument } from '../../model/rule-codec.ts'
import type { Rule } from '../../model/rule.ts'
import type { RuleStatus } from '../../model/trigger.ts'
import type { Entity } from '../entities/entity.ts'
import { putHead } from '../writes/put-fields.ts'
import type { ApiServices } from '../services/api-services.ts'
import { Refusal } from '../refusals/refusal.ts'
import { requireActionReference, requireTriggerReference } from './check-references.ts'
import { KeyedLock } from '../../keyed-lock.ts'
import type { RulePut } from './parse-rule-put.ts'
import { retryConflicts } from './retry-conflicts.ts'
import { ruleJson } from './rule-json.ts'
import { statusIn, type TriggerLinks } from './trigger-links.ts'

interface StoredRule {
  readonly rule: Rule
  readonly revision: string
}

/**
 * Rules as the API reads and writes them; who may do so has been decided before. A rule is two things that no store
 * writes as one: its document, and its link in the trigger. The document is written first, so that a crash in between
 * leaves a rule that reads inactive, and never a link without a rule.
 */
export class RuleService {
  readonly #services: ApiServices
  readonly #links: TriggerLinks
  readonly #locks = new KeyedLock()

  constructor(services: ApiServices, links: TriggerLinks) {
    this.#services = services
    this.#links = links
  }

  /** @throws Refusal not-found, other-collection */
  async get(id: EntityId): Promise<JsonObject> {
    const { rule } = await this.#read(id)
    return ruleJson(rule, await this.#status(rule))
  }

  /**
   * Creates, active, or with `overwrite` updates.
   * @throws Refusal already-exists, other-collection, rule-incomplete, concurrent-modification, and why a reference is
   * none
   */
  put(user: Identity, id: EntityId, put: RulePut, overwrite: boolean): Promise<JsonObject> {
    return this.#exclusively(id, async () => {
      const current = await this.#services.cache.fresh(documentId(id))
      if (current === undefined) return this.#create(user, id, put)
      const stored = requireRule(current)
      if (!overwrite) throw new Refusal('already-exists')
      return this.#update(user, id, put, stored)
    })
  }

  /** Answers with the rule that was. @throws Refusal not-found, other-collection */
  delete(id: EntityId): Promise<JsonObject> {
    const key = documentId(id)
    const attempt = async (): Promise<JsonObject> => {
      const { rule, revision } = await this.#read(id)
      await this.#links.unlink(rule.trigger, key)
      await this.#services.writer.delete(key, revision)
      // Another controller that was about to link the rule has done so by now, or finds the rule gone.
      await this.#links.unlink(rule.trigger, key)
      return ruleJson(rule, 'inactive')
    }
    return this.#exclusively(id, () => retryConflicts(this.#services.parts, attempt))
  }

  /** @throws Refusal not-found, other-collection, rule-trigger-missing, concurrent-modification */
  setStatus(id: EntityId, status: RuleStatus): Promise<void> {
    return this.#exclusively(id, async () => {
      const { rule } = await this.#read(id)
      const trigger = await this.#links.trigger(rule.trigger)
      if (status === statusIn(trigger, documentId(id))) return
      if (!(await this.#link(rule, status))) throw new Refusal('rule-trigger-missing')
    })
  }

  async #create(user: Identity, id: EntityId, put: RulePut): Promise<JsonObject> {
    const { parts, writer } = this.#services
    const { trigger, action } = put
    if (!trigger || !action) throw new Refusal('rule-incomplete')
    await this.#requireReferences(user, trigger, action)
    const rule: Rule = { ...putHead(id, undefined, put, parts.clock.now()), trigger, action }
    const key = documentId(id)
    const revision = await writer.put(key, ruleDocument(rule), {})
    try {
      return ruleJson(rule, (await this.#link(rule, 'active')) ? 'active' : 'inactive')
    } catch (error) {
      await this.#takeBack(key, revision)
      throw error
    }
  }

  async #update(
    user: Identity,
    id: EntityId,
    put: RulePut,
    { rule: previous, revision }: StoredRule,
  ): Promise<JsonObject> {
    const { parts, writer } = this.#services
    const status = await this.#status(previous)
    const { trigger = previous.trigger, action = previous.action } = put
    await this.#requireReferences(user, trigger, action)
    const rule: Rule = { ...putHead(id, previous, put, parts.clock.now()), trigger, action }
    const key = documentId(id)
    await writer.put(key, ruleDocument(rule), { revision })
    const isLinked = await this.#link(rule, status)
    if (documentId(trigger) !== documentId(previous.trigger)) await this.#links.unlink(previous.trigger, key)
    return ruleJson(rule, isLinked ? status : 'inactive')
  }

  async #requireReferences(user: Identity, trigger: EntityId, action: EntityId): Promise<void> {
    await requireTriggerReference(this.#services.cache, trigger)
    await requireActionReference(this.#services.cache, user, action)
  }

  /** False when the trigger is gone. @throws Refusal concurrent-modification: the rule was deleted meanwhile */
  async #link(rule: Rule, status: RuleStatus): Promise<boolean> {
    const key = documentId(rule)
    if (!(await this.#links.link(rule.trigger, key, { action: rule.action, status }))) return false
    const entity = await this.#services.cache.fresh(key)
    if (entity?.rule) return true
    await this.#links.unlink(rule.trigger, key)
    throw new Refusal('concurrent-modification')
  }

  /** The rule could not be linked: whoever made it is told so, and may try again. */
  async #takeBack(key: string, revision: string): Promise<void> {
    try {
      await this.#services.writer.delete(key, revision)
    } catch (err) {
      if (isPlatformError(err, 'ERR_CONFLICT')) return
      this.#services.parts.logger.warn({ err, rule: key }, 'rule that could not be linked stays, inactive')
    }
  }

  async #status(rule: Rule): Promise<RuleStatus> {
    return statusIn(await this.#links.trigger(rule.trigger), documentId(rule))
  }

  async #read(id: EntityId): Promise<StoredRule> {
    const entity = await this.#services.cache.fresh(documentId(id))
    if (entity === undefined) throw new Refusal('not-found')
    return requireRule(entity)
  }

  #exclusively<T>(id: EntityId, task: () => Promise<T>): Promise<T> {
    return this.#locks.run(documentId(id), task)
  }
}

/** @throws Refusal other-collection: something else is there */
function requireRule({ rule, stored }: Entity): StoredRule {
  if (rule === undefined) throw new Refusal('other-collection')
  return { rule, revision: stored.revision }
}
