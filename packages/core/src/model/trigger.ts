import type { EntityHead } from './entity-head.ts'
import type { EntityId } from './entity-name.ts'
import type { Parameters } from './parameters.ts'

export interface Trigger extends EntityHead {
  readonly parameters: Parameters
  /** By rule id, in the order in which the rules were linked; absent until the first one is. */
  readonly rules?: ReadonlyMap<string, RuleLink>
}

/** What a trigger knows of a rule: the only place where the status of the rule is kept. */
export interface RuleLink {
  readonly action: EntityId
  readonly status: RuleStatus
}

export type RuleStatus = 'active' | 'inactive'
