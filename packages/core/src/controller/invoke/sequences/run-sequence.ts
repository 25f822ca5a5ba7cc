import { isPromise, type MaybePromise } from '../../../lifecycle.ts'
import type { Activation, ActivationResponse } from '../../../model/activation.ts'
import { isSequence } from '../../../model/exec.ts'
import { isJsonObject } from '../../../model/json.ts'
import type { JsonText } from '../../../model/json-text.ts'
import { componentName } from '../../admission/check-sequence.ts'
import { SEQUENCE_COMPONENT_MISSING, SEQUENCE_TOO_LONG } from '../../refusals/sequence-texts.ts'
import type { Composite } from '../composite.ts'
import { errorResponse } from '../../../model/error-response.ts'
import { findComponent, type Component } from '../find-component.ts'
import type { StepRunner } from '../run-composite.ts'
import { sequenceTimeout } from '../texts.ts'

/**
 * Runs the components one after the other, each with the result of the one before, until one ends with an error. All
 * are looked up at the start; one that is missing ends the sequence when its turn comes.
 */
export async function runSequence(sequence: Composite, runner: StepRunner): Promise<ActivationResponse> {
  const { user, target, payload } = sequence.request
  const { exec } = target.action
  const names = isSequence(exec) ? exec.components : []
  const lookups = names.map((name) => lookUp(() => findComponent(runner.cache, user, componentName(name))))
  const found = lookups.some(isPromise)
    ? await Promise.all(lookups.map(async (lookup) => lookup))
    : (lookups as Found[])

  let response: ActivationResponse = payload ? { statusCode: 0, result: payload } : { statusCode: 0 }
  let input = payload
  for (const component of found) {
    if (component instanceof Unreadable) throw component.reason
    if (typeof component === 'string') return errorResponse(1, SEQUENCE_COMPONENT_MISSING)
    if (!admits(sequence, component, runner.maxLength)) return errorResponse(1, SEQUENCE_TOO_LONG)
    const { activationId, activation } = await runner.runComponent(sequence, component, input)
    if (!activation) return errorResponse(3, sequenceTimeout(activationId))
    response = activation.response
    if (isStop(activation)) return response
    input = argumentsOf(response.result)
  }
  return response
}

type Found = Component | 'forbidden' | 'missing' | Unreadable

/** A component that could not be looked up, which ends the sequence when its turn comes. */
class Unreadable {
  readonly reason: unknown

  constructor(reason: unknown) {
    this.reason = reason
  }
}

function lookUp(find: () => MaybePromise<Found>): MaybePromise<Found> {
  const failed = (error: unknown): Found => new Unreadable(error)
  try {
    const found = find()
    return isPromise(found) ? found.catch(failed) : found
  } catch (error) {
    return failed(error)
  }
}

/** Counts an atomic action, if there is room for one more. */
function admits(sequence: Composite, { target }: Component, maxLength: number): boolean {
  if (isSequence(target.action.exec)) return !sequence.leadsBackTo(target.action)
  if (sequence.atomic.count >= maxLength) return false
  sequence.atomic.count++
  return true
}

/** An error stops the sequence, be it only a member of a successful result, as a composition may have. */
function isStop({ response: { statusCode, result } }: Activation): boolean {
  if (statusCode !== 0) return true
  const value = result?.value
  return isJsonObject(value) && Object.hasOwn(value, 'error')
}

/** Objects and arrays are passed on as they are; after anything else the next has its own parameters only. */
function argumentsOf(result: JsonText | undefined): JsonText | undefined {
  const value = result?.value
  return isJsonObject(value) || Array.isArray(value) ? result : undefined
}
