import { PlatformError } from '../../../errors.ts'
import type { Logger } from '../../../log.ts'
import type { ActivationResponse } from '../../../model/activation.ts'
import { MB } from '../../../model/byte-size.ts'
import { documentId } from '../../../model/entity-name.ts'
import type { AuthKey } from '../../../model/identity.ts'
import { isJsonObject, type JsonObject, type JsonValue } from '../../../model/json.ts'
import { stringifyJson } from '../../../model/json-number.ts'
import { JsonText } from '../../../model/json-text.ts'
import type { ParameterCipher } from '../../../model/parameter-cipher.ts'
import { parseJson } from '../../../model/parse-json.ts'
import type { PlatformLimits } from '../../../model/platform-limits.ts'
import {
  isSystemActionError,
  SYSTEM_NAMESPACE,
  type ApiClient,
  type SystemAction,
  type SystemCall,
  type SystemPackage,
} from '../../../system-packages/system-package.ts'
import type { Clock } from '../../../time/clock.ts'
import type { Composite } from '../composite.ts'
import { errorResponse } from '../../../model/error-response.ts'
import { mergeArguments, type Arguments } from '../merge-arguments.ts'
import { SYSTEM_ACTION_FAILED } from '../texts.ts'
import { NO_VALID_RESULT, resultTooLong, timeLimitExceeded } from '../../../model/result-texts.ts'

export interface SystemRunnerParts {
  readonly packages: readonly SystemPackage[]
  readonly clientOf: (key: AuthKey) => ApiClient
  readonly apiHost: () => string
  readonly limits: PlatformLimits
  /** Decrypts default parameters. */
  readonly cipher?: ParameterCipher
  readonly clock: Clock
  readonly logger: Logger
}

/** Runs actions of system packages. */
export class SystemRunner {
  readonly #parts: SystemRunnerParts
  readonly #actions = new Map<string, SystemAction>()
  readonly #runs = new Set<AbortController>()

  constructor(parts: SystemRunnerParts) {
    this.#parts = parts
    for (const { name, actions } of parts.packages) {
      for (const action of actions) this.#actions.set(`${SYSTEM_NAMESPACE}/${name}/${action.name}`, action)
    }
  }

  /** Ends every run that goes on; nobody waits for their results any more. */
  abort(): void {
    for (const run of this.#runs) run.abort()
  }

  /** Never rejects. */
  async run(composite: Composite): Promise<ActivationResponse> {
    const { clock, logger } = this.#parts
    const { action } = composite.request.target
    const id = documentId(action)
    const code = this.#actions.get(id)
    // A controller of another version may have the package; this one does not.
    if (!code) return errorResponse(3, SYSTEM_ACTION_FAILED)
    const limitMs = action.limits.timeout
    const abort = new AbortController()
    this.#runs.add(abort)
    let timer
    try {
      const timeout = new Promise<typeof TIMED_OUT>((resolve) => {
        timer = clock.setTimer(limitMs, () => resolve(TIMED_OUT))
      })
      const run = (async () => code.run(this.#call(composite, abort.signal)))()
      const result = await Promise.race([run, timeout])
      if (result !== TIMED_OUT) return this.#response(result)
      composite.timedOut = true
      return errorResponse(2, `${timeLimitExceeded(limitMs)}.`)
    } catch (error) {
      if (isSystemActionError(error)) return { statusCode: 1, result: JsonText.of({ error: error.error }) }
      logger.error(
        { err: error, action: id, activationId: composite.activationId },
        'action of a system package failed',
      )
      return errorResponse(3, SYSTEM_ACTION_FAILED)
    } finally {
      ;(timer as { cancel(): void } | undefined)?.cancel()
      this.#runs.delete(abort)
      abort.abort()
    }
  }

  #call({ request, activationId, startMs, lines }: Composite, signal: AbortSignal): SystemCall {
    const { clock, clientOf, apiHost } = this.#parts
    const { user, target, payload } = request
    const given = this.#arguments(mergeArguments(target.action.parameters, payload))
    let bytesLeft = target.action.limits.logs * MB
    const call = {
      parameters: isJsonObject(given) ? given : {},
      activationId,
      caller: { namespace: user.namespace.name, subject: user.subject, authkey: user.authkey },
      client: clientOf(user.authkey),
      clientOf,
      apiHost: apiHost(),
      deadline: startMs + target.action.limits.timeout,
      signal,
      log: (line: string) => {
        bytesLeft -= Buffer.byteLength(line)
        if (bytesLeft >= 0) lines.push(`${new Date(clock.now()).toISOString()} stdout: ${line}`)
      },
    }
    return Array.isArray(given) ? { ...call, list: given } : call
  }

  /** The run's own, encrypted values in plain. @throws ERR_CORRUPT no key decrypts one. */
  #arguments({ content, lockedArgs }: Arguments): JsonValue {
    if (!content) return {}
    const given = parseJson(content.text)
    if (!isJsonObject(given)) return given
    for (const [name, algorithm] of Object.entries(lockedArgs)) {
      const { cipher } = this.#parts
      if (!cipher) throw new PlatformError('ERR_CORRUPT', `parameters are encrypted (${algorithm}) and there is no key`)
      given[name] = cipher.unlock(algorithm, given[name]!)
    }
    return given
  }

  #response(result: JsonObject | JsonValue[]): ActivationResponse {
    if (typeof result !== 'object' || result === null) return errorResponse(2, `${NO_VALID_RESULT}.`)
    const json = JsonText.parse(stringifyJson(result))
    const { maxPayloadBytes } = this.#parts.limits
    const bytes = Buffer.byteLength(json.text)
    if (bytes > maxPayloadBytes) return errorResponse(1, resultTooLong(bytes, maxPayloadBytes))
    const { value } = json
    if (isJsonObject(value) && Object.hasOwn(value, 'error')) {
      return { statusCode: 1, result: JsonText.of({ error: value['error']! }) }
    }
    return { statusCode: 0, result: json }
  }
}

const TIMED_OUT = Symbol('timed out')
