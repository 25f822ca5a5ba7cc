import type { ActivationResponse } from '../../../model/activation.ts'
import { isJsonObject, type JsonObject, type JsonValue } from '../../../model/json.ts'
import { JsonText } from '../../../model/json-text.ts'
import { stringifyJson } from '../../../model/json-number.ts'
import { compositeKind, type Composite, type CompositionBudget } from '../composite.ts'
import { errorResponse } from '../../../model/error-response.ts'
import { findComponent } from '../find-component.ts'
import type { StepRunner } from '../run-composite.ts'
import {
  COMPOSITION_FAILED,
  COMPOSITION_TOO_LONG,
  compositionTimeout,
  nextForbidden,
  nextMissing,
  nextNameMalformed,
} from '../texts.ts'
import { boxed, readConductorReply, type ConductorReply } from './conductor-reply.ts'
import { fullName, nextActionName } from './next-action-name.ts'

/**
 * Runs the conductor, then the action it names, then the conductor again with that action's result, until it names
 * none. What is wrong with a name is told to the conductor; what goes wrong otherwise ends the composition.
 */
export async function runComposition(composition: Composite, runner: StepRunner): Promise<ActivationResponse> {
  const budget = composition.budget!
  let payload = composition.request.payload
  while (budget.conductorRuns < 2 * runner.maxLength + 1) {
    budget.conductorRuns++
    const { activationId, activation } = await runner.runConductor(composition, payload)
    if (!activation) return errorResponse(3, compositionTimeout(activationId))
    const { response } = activation
    if (response.statusCode !== 0) return response
    const result = response.result?.value
    if (!isJsonObject(result)) return errorResponse(3, COMPOSITION_FAILED)

    const reply = readConductorReply(result)
    if (reply.action === undefined) return reply.params ? { statusCode: 0, result: reply.params } : response
    const output = await runNext(composition, runner, budget, reply, reply.action)
    if ('lost' in output) return errorResponse(3, compositionTimeout(output.lost))
    payload = withState(output.result, reply.state)
  }
  return errorResponse(1, COMPOSITION_TOO_LONG)
}

type NextOutput = { readonly result: JsonText | undefined } | { readonly lost: string }

async function runNext(
  composition: Composite,
  runner: StepRunner,
  budget: CompositionBudget,
  { params }: ConductorReply,
  action: JsonValue,
): Promise<NextOutput> {
  const { user } = composition.request
  const name = nextActionName(action, user.namespace.name)
  if (!name) return refused(nextNameMalformed(stringifyJson(action)))
  if (budget.components >= runner.maxLength) return refused(COMPOSITION_TOO_LONG)
  const component = await findComponent(runner.cache, user, name)
  if (component === 'forbidden') return refused(nextForbidden(fullName(name)))
  if (component === 'missing') return refused(nextMissing(fullName(name)))
  if (compositeKind(component.target.action) !== 'composition') budget.components++
  const { activationId, activation } = await runner.runComponent(composition, component, params)
  return activation ? { result: activation.response.result } : { lost: activationId }
}

function refused(error: string): NextOutput {
  return { result: JsonText.of({ error }) }
}

/** The conductor's next arguments; without state the result is passed on as it is. */
function withState(result: JsonText | undefined, state: JsonObject | undefined): JsonText | undefined {
  const value = result?.value
  if (state === undefined && (value === undefined || isJsonObject(value))) return result
  const members = value === undefined ? {} : boxed(value, 'value')
  // Entries, because a member may be called `__proto__`.
  return JsonText.of(Object.fromEntries([...Object.entries(members), ...Object.entries(state ?? {})]))
}
