import type { ActivationOutcome, ActivationRequest, Activator } from '../../../src/controller/invoke/activator.ts'
import { mergeArguments } from '../../../src/controller/invoke/merge-arguments.ts'
import { limitsJson } from '../../../src/model/action-codec.ts'
import type { Activation, ActivationResponse } from '../../../src/model/activation.ts'
import { documentId } from '../../../src/model/entity-name.ts'
import { isJsonObject, type JsonValue } from '../../../src/model/json.ts'
import { JsonText } from '../../../src/model/json-text.ts'
import type { Clock } from '../../../src/time/clock.ts'
import { randomId, type Random } from '../../../src/time/random.ts'

/** The result does not come within the wait of the step. */
export const LOST = Symbol('lost')

/** An end that no script's plain result stands for. */
export class ScriptedEnd {
  readonly response: ActivationResponse
  constructor(response: ActivationResponse) {
    this.response = response
  }
}

/** What an action does with its arguments; throwing refuses the activation. */
export type Script = (args: JsonValue, request: ActivationRequest) => Promised<JsonValue | typeof LOST | ScriptedEnd>

type Promised<T> = T | Promise<T>

/** One activation that was asked for. */
export interface Step {
  readonly activationId: string
  /** Document id of the action. */
  readonly action: string
  readonly args: JsonValue
  readonly request: ActivationRequest
}

/** Stands for the invokers: runs actions as scripts, and remembers what was asked of it. */
export class ScriptedActivator implements Activator {
  readonly steps: Step[] = []
  readonly #scripts = new Map<string, Script>()
  readonly #clock: Clock
  readonly #random: Random
  #durationMs = 0

  constructor(clock: Clock, random: Random) {
    this.#clock = clock
    this.#random = random
  }

  script(action: string, script: Script): void {
    this.#scripts.set(action, script)
  }

  /** What the record of each run from now on says that it took. */
  take(durationMs: number): void {
    this.#durationMs = durationMs
  }

  async activate(request: ActivationRequest): Promise<ActivationOutcome> {
    const { action } = request.target
    const activationId = randomId(this.#random)
    const { content } = mergeArguments(action.parameters, request.payload)
    const args = content?.value ?? {}
    this.steps.push({ activationId, action: documentId(action), args, request })
    const script = this.#scripts.get(documentId(action))
    if (!script) throw new Error(`no script for ${documentId(action)}`)
    const duration = this.#durationMs
    const result = await script(args, request)
    if (result === LOST) {
      await this.#clock.sleep(request.waitMs)
      return { activationId }
    }
    return { activationId, activation: this.#record(activationId, request, responseOf(result), duration) }
  }

  inFlight(): number {
    return 0
  }

  #record(
    activationId: string,
    { user, target, cause }: ActivationRequest,
    response: ActivationResponse,
    duration: number,
  ): Activation {
    const { action } = target
    const start = this.#clock.now()
    return {
      namespace: user.namespace.name,
      name: action.name,
      version: action.version,
      subject: user.subject,
      activationId,
      ...(cause === undefined ? {} : { cause }),
      start,
      end: start + duration,
      duration,
      publish: false,
      response,
      logs: [],
      annotations: [
        { key: 'path', value: documentId(action) },
        { key: 'limits', value: limitsJson(action.limits) },
      ],
    }
  }
}

function responseOf(result: JsonValue | ScriptedEnd): ActivationResponse {
  if (result instanceof ScriptedEnd) return result.response
  const text = JSON.stringify(result)
  const error = isJsonObject(result) ? result['error'] : undefined
  if (error !== undefined) return { statusCode: 1, result: JsonText.of({ error }), size: text.length }
  return { statusCode: 0, result: JsonText.trusted(text, result), size: text.length }
}
