import { isPlatformError, PlatformError } from '../../errors.ts'
import { isPromise } from '../../lifecycle.ts'
import type { Activation } from '../../model/activation.ts'
import type { JsonObject } from '../../model/json.ts'
import { JsonText } from '../../model/json-text.ts'
import type { Parameters } from '../../model/parameters.ts'
import { isStored, STORE_ALL } from '../../model/store-level.ts'
import type { Trigger } from '../../model/trigger.ts'
import type { ControllerParts } from '../parts/controller-parts.ts'
import type { ApiServices } from '../services/api-services.ts'
import { maxPayloadBytes } from '../admission/effective-limits.ts'
import type { Caller } from '../invoke/invoke-named.ts'
import { putRecord } from '../invoke/put-record.ts'
import { fireRules } from './fire-rules.ts'
import { triggerArguments } from './trigger-arguments.ts'

const STORE_ATTEMPTS = 6
const FIRST_PAUSE_MS = 50

export interface TriggerRun {
  readonly activationId: string
  readonly payload: JsonText | undefined
  /** Of the request, as actions see them; none when there was no request. */
  readonly headers?: JsonObject
  readonly annotations?: Parameters
  /** Called once the actions run, before the record is stored. */
  readonly onFired?: () => void
  /**
   * Makes the activation ids of its rules' actions from its own, so that it can be run again; `again` then leaves out
   * those that have a record. Default: every run is a new one.
   */
  readonly repeatable?: { readonly again: boolean }
}

/** True when firing the trigger would do something. */
export function hasActiveRule({ rules }: Trigger): boolean {
  return rules !== undefined && [...rules.values()].some(({ status }) => status === 'active')
}

/**
 * Deals with every rule of a trigger and stores its record.
 * @throws ERR_UNAVAILABLE the store did not take the record: the actions run, but the id must not be given away.
 */
export async function runTrigger(
  services: ApiServices,
  caller: Caller,
  trigger: Trigger,
  { activationId, payload, headers, annotations = [], onFired, repeatable }: TriggerRun,
): Promise<void> {
  const { parts } = services
  const { user, transaction } = caller
  const start = parts.clock.now()
  const given = triggerArguments(trigger, headers, payload, maxPayloadBytes(user.limits, parts.limits))
  const ids = repeatable && { triggerActivationId: activationId, ...repeatable }
  const logs = await fireRules(services, caller, trigger.rules ?? new Map(), given, ids)
  onFired?.()
  if (!isStored({ user, transaction, blocking: false }, 0, parts.storeLevels ?? STORE_ALL)) return
  await store(parts, {
    namespace: user.namespace.name,
    name: trigger.name,
    version: trigger.version,
    subject: user.subject,
    activationId,
    start,
    publish: false,
    response: { statusCode: 0, result: payload ?? JsonText.of({}) },
    logs,
    annotations,
  })
}

/** @throws ERR_UNAVAILABLE the store did not take the record: the actions run, but the id must not be given away. */
async function store({ activationStore, clock, logger }: ControllerParts, record: Activation): Promise<void> {
  for (let attempt = 1, pauseMs = FIRST_PAUSE_MS; ; attempt++, pauseMs *= 2) {
    try {
      const put = putRecord(activationStore, record)
      if (isPromise(put)) await put
      return
    } catch (err) {
      const { namespace, name, activationId } = record
      if (attempt === STORE_ATTEMPTS || !(isPlatformError(err) && err.retryable)) {
        logger.error({ err, namespace, trigger: name, activationId }, 'record of a fired trigger not stored')
        throw new PlatformError('ERR_UNAVAILABLE', 'the activation store does not answer', { cause: err })
      }
    }
    await clock.sleep(pauseMs)
  }
}
