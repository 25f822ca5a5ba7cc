import type { ActivationOutcome, ActivationRequest, Activator } from '../../src/controller/invoke/activator.ts'
import type { Activation, StatusCode } from '../../src/model/activation.ts'
import { JsonText } from '../../src/model/json-text.ts'

export const ACTIVATION_ID = '0123456789abcdef0123456789abcdef'

/** Keeps what it was asked and answers what it was told. Settles nothing by itself. */
export class ScriptedActivator implements Activator {
  readonly requests: ActivationRequest[] = []
  answer: (request: ActivationRequest) => Promise<ActivationOutcome> = async () => ({ activationId: ACTIVATION_ID })

  activate(request: ActivationRequest): Promise<ActivationOutcome> {
    this.requests.push(request)
    return this.answer(request)
  }

  inFlight(): number {
    return 0
  }

  /** The request that came last. */
  get last(): ActivationRequest {
    const request = this.requests.at(-1)
    if (!request) throw new Error('nothing was activated')
    return request
  }
}

/** A finished activation with this result, given as JSON text. */
export function finished(statusCode: StatusCode, resultText?: string, size?: number): ActivationOutcome {
  const activation: Activation = {
    namespace: 'owner',
    name: 'a',
    version: '0.0.1',
    subject: 'owner-subject',
    activationId: ACTIVATION_ID,
    start: 1000,
    end: 1010,
    duration: 10,
    publish: false,
    response: {
      statusCode,
      ...(resultText === undefined ? {} : { result: JsonText.trusted(resultText) }),
      ...(size === undefined ? {} : { size }),
    },
    logs: [],
    annotations: [{ key: 'path', value: 'owner/a' }],
  }
  return { activationId: ACTIVATION_ID, activation }
}
