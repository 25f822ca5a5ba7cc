import { createContext, runInContext } from 'node:vm'
import type { ActivationOutcome, ActivationRequest, Activator } from '../../src/controller/invoke/activator.ts'
import { limitsJson } from '../../src/model/action-codec.ts'
import type { Action } from '../../src/model/action.ts'
import type { Activation, ActivationResponse } from '../../src/model/activation.ts'
import { isSequence } from '../../src/model/exec.ts'
import { isJsonObject, type JsonValue } from '../../src/model/json.ts'
import { JsonText } from '../../src/model/json-text.ts'
import { parametersAsObject } from '../../src/model/parameters.ts'
import type { ActivationStore } from '../../src/store/activation-store.ts'
import type { Clock } from '../../src/time/clock.ts'
import { randomId, type Random } from '../../src/time/random.ts'

/**
 * Runs JavaScript actions inside this process: an activator for tests of what lies in front of it. Actions are the
 * tests' own, so nothing protects against them.
 */
export class VmActivator implements Activator {
  readonly #store: ActivationStore
  readonly #clock: Clock
  readonly #random: Random

  constructor(store: ActivationStore, clock: Clock, random: Random) {
    this.#store = store
    this.#clock = clock
    this.#random = random
  }

  async activate(request: ActivationRequest): Promise<ActivationOutcome> {
    const activationId = randomId(this.#random)
    const running = this.#run(activationId, request)
    if (!request.blocking) return { activationId }
    const waiting = new AbortController()
    const activation = await Promise.race([running, this.#clock.sleep(request.waitMs, waiting.signal)])
    waiting.abort()
    return activation ? { activationId, activation: { ...activation, logs: [] } } : { activationId }
  }

  inFlight(): number {
    return 0
  }

  async #run(activationId: string, request: ActivationRequest): Promise<Activation> {
    const start = this.#clock.now()
    const { action } = request.target
    const response = await respond(action, request.payload)
    const end = this.#clock.now()
    const activation: Activation = {
      namespace: request.user.namespace.name,
      name: action.name,
      version: action.version,
      subject: request.user.subject,
      activationId,
      start,
      end,
      duration: end - start,
      publish: false,
      response,
      logs: ['2024-01-01T00:00:00.000000000Z stdout: ran'],
      annotations: [
        { key: 'path', value: `${action.path}/${action.name}` },
        { key: 'waitTime', value: start - request.transaction.start },
        { key: 'kind', value: action.exec.kind },
        { key: 'timeout', value: false },
        { key: 'limits', value: limitsJson(action.limits) },
        ...(request.binding === undefined ? [] : [{ key: 'binding', value: request.binding }]),
      ],
    }
    await this.#store.put(activation)
    request.onSettled?.()
    return activation
  }
}

async function respond(action: Action, payload: JsonText | undefined): Promise<ActivationResponse> {
  try {
    const args = JSON.stringify(parametersAsObject(action.parameters))
    const sandbox = createContext({ setTimeout: unreferencedTimeout })
    const program = `${sourceOf(action)}
;(async () => {
  const args = JSON.parse(${JSON.stringify(args)})
  const given = JSON.parse(${JSON.stringify(payload?.text ?? '{}')})
  for (const key of Object.keys(given)) {
    Object.defineProperty(args, key, { value: given[key], enumerable: true, configurable: true, writable: true })
  }
  return JSON.stringify(await main(args))
})()`
    const text = (await runInContext(program, sandbox)) as string
    const value = JSON.parse(text) as JsonValue
    if (isJsonObject(value) && value['error'] !== undefined) {
      return { statusCode: 1, result: JsonText.of({ error: value['error'] }), size: text.length }
    }
    return { statusCode: 0, result: JsonText.trusted(text), size: text.length }
  } catch (error) {
    return { statusCode: 2, result: JsonText.of({ error: `An error has occurred: ${String(error)}` }) }
  }
}

function unreferencedTimeout(done: (value: unknown) => void, delayMs: number, value: unknown): void {
  setTimeout(done, delayMs, value).unref()
}

function sourceOf({ exec }: Action): string {
  if (isSequence(exec) || !exec.code || !('text' in exec.code)) throw new Error('no inline source')
  return exec.code.text
}
