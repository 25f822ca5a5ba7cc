import type { Activation } from '../model/activation.ts'
import type { JsonObject, JsonValue } from '../model/json.ts'
import { isJsonObject } from '../model/json.ts'
import type { Transaction } from '../model/transaction.ts'
import { activationText, readActivation } from '../model/activation-codec.ts'
import type { MessageBody } from '../queue/queue.ts'
import { ReferenceBody, referenced } from '../queue/message-body.ts'
import { invokerInstanceJson, readInvokerInstance, type InvokerInstance } from './invoker-instance.ts'
import { malformed, parseMessage } from './message-fields.ts'
import { readTransaction, transactionJson } from './transaction-codec.ts'

/**
 * Invoker to controller, topic `completed<id>`. With `response` it carries the result; with `completion` it says that
 * the activation no longer occupies its slot. A blocking activation whose logs are still being collected sends the
 * result first and the completion later; all others send one acknowledgement with both, or only the completion.
 */
export interface Acknowledgement {
  readonly transaction: Transaction
  readonly activationId: string
  readonly response?: Activation | 'stored'
  readonly completion?: { readonly instance: InvokerInstance; readonly systemError: boolean }
}

const TYPE = Symbol('Acknowledgement')

export function acknowledgementBody(acknowledgement: Acknowledgement): MessageBody {
  return new ReferenceBody(TYPE, acknowledgement, encode)
}

/** @throws ERR_CORRUPT the body is not an acknowledgement. */
export function readAcknowledgement(body: MessageBody): Acknowledgement {
  return referenced<Acknowledgement>(body, TYPE) ?? decode(parseMessage(body, 'acknowledgement'))
}

function encode({ transaction, activationId, response, completion }: Acknowledgement): string {
  const envelope = JSON.stringify({
    transid: transactionJson(transaction),
    // Without a response the id stands alone; with one it is inside, or is the response itself when it was too large.
    ...(response === undefined ? { activationId } : {}),
    ...(response === 'stored' ? { response: activationId } : {}),
    ...(completion
      ? { isSystemError: completion.systemError, instance: invokerInstanceJson(completion.instance) }
      : {}),
  })
  return response === undefined || response === 'stored'
    ? envelope
    : `${envelope.slice(0, -1)},"response":${activationText(response)}}`
}

function decode(json: JsonObject): Acknowledgement {
  const response = readResponse(json['response'])
  const activationId =
    response === undefined ? json['activationId'] : typeof response === 'string' ? response : response.activationId
  const instance = json['instance']
  return {
    transaction: readTransaction(json['transid']),
    activationId: typeof activationId === 'string' ? activationId : malformed('activationId', 'a string'),
    ...(response === undefined ? {} : { response: typeof response === 'string' ? ('stored' as const) : response }),
    ...(isJsonObject(instance)
      ? { completion: { instance: readInvokerInstance(instance), systemError: json['isSystemError'] === true } }
      : {}),
  }
}

function readResponse(value: JsonValue | undefined): Activation | string | undefined {
  if (value === undefined || value === null || typeof value === 'string') return value ?? undefined
  return isJsonObject(value) ? readActivation(value) : malformed('response', 'an activation or an id')
}
