import { createHash } from 'node:crypto'
import { documentId } from '../../model/entity-name.ts'
import type { JsonText } from '../../model/json-text.ts'
import type { RuleLink } from '../../model/trigger.ts'
import { errorAnswer } from '../http/error-answer.ts'
import type { ApiServices } from '../services/api-services.ts'
import { requirePayloadFits } from '../admission/payload-limit.ts'
import { STATUS_TEXT_DEFAULTS } from '../http/texts.ts'
import { invokeNamed, type Caller } from '../invoke/invoke-named.ts'
import { actionName } from './check-references.ts'

/** Status codes of the lines, by what became of the rule. */
const FIRED = 0
const REFUSED = 1
const FAILED = 3

/**
 * Invokes the actions of the active rules, all at once, as if the caller had posted to each of them. Answers with one
 * line of JSON for each rule, in the order given, when the last post was answered.
 */
export function fireRules(
  services: ApiServices,
  caller: Caller,
  rules: ReadonlyMap<string, RuleLink>,
  payload: JsonText,
  ids?: DerivedIds,
): Promise<string[]> {
  return Promise.all(
    [...rules].map(async ([rule, link]) => {
      const id = ids && ruleActivationId(ids.triggerActivationId, rule)
      const before = id !== undefined && ids?.again ? await firedBefore(services, caller, id) : undefined
      return lineOf(before ?? (await fireRule(services, caller, rule, link, payload, id)), rule, link)
    }),
  )
}

function lineOf(outcome: RuleOutcome, rule: string, link: RuleLink): string {
  const { statusCode, success } = outcome
  const action = documentId(link.action)
  return outcome.success
    ? JSON.stringify({ statusCode, success, activationId: outcome.activationId, rule, action })
    : JSON.stringify({ statusCode, success, error: outcome.error, rule, action })
}

/** Activation ids that follow from that of the trigger, so that a run can be told from the same run done again. */
export interface DerivedIds {
  readonly triggerActivationId: string
  /** It may have been run before: actions whose activation has a record are not invoked again. */
  readonly again: boolean
}

function ruleActivationId(triggerActivationId: string, rule: string): string {
  return createHash('sha256').update(`${triggerActivationId} ${rule}`).digest('hex').slice(0, 32)
}

async function firedBefore(
  { parts }: ApiServices,
  { user }: Caller,
  activationId: string,
): Promise<RuleOutcome | undefined> {
  const record = await parts.activationStore.get(user.namespace.name, activationId)
  return record && { statusCode: FIRED, success: true, activationId }
}

type RuleOutcome =
  | { readonly statusCode: typeof FIRED; readonly success: true; readonly activationId: string }
  | { readonly statusCode: typeof REFUSED | typeof FAILED; readonly success: false; readonly error: string }

async function fireRule(
  services: ApiServices,
  caller: Caller,
  rule: string,
  { action, status }: RuleLink,
  payload: JsonText,
  id: string | undefined,
): Promise<RuleOutcome> {
  if (status === 'inactive') {
    return { statusCode: REFUSED, success: false, error: ruleInactive(rule, documentId(action)) }
  }
  const { parts } = services
  const { user } = caller
  // A post of its own: what follows counts its waiting from here.
  const transaction = Object.assign({}, caller.transaction, { start: parts.clock.now() })
  try {
    const { activationId } = await invokeNamed(services, { user, transaction }, actionName(action), () => {
      requirePayloadFits(payload, user, parts.limits)
      const order = { payload, blocking: false, waitMs: 0 }
      return id === undefined ? order : { ...order, activationId: id }
    })
    return { statusCode: FIRED, success: true, activationId }
  } catch (error) {
    const { status: httpStatus, contentType, body } = errorAnswer(error, transaction.id, parts.logger)
    return {
      statusCode: httpStatus < 500 ? REFUSED : FAILED,
      success: false,
      error: contentType === 'application/json' ? errorText(body) : STATUS_TEXT_DEFAULTS[500]!,
    }
  }
}

function ruleInactive(rule: string, action: string): string {
  return `Rule '${rule}' is inactive, action '${action}' was not activated.`
}

function errorText(body: string): string {
  return (JSON.parse(body) as { readonly error: string }).error
}
