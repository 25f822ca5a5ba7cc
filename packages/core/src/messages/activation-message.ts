import type { Identity } from '../model/identity.ts'
import { authKeyText } from '../model/identity.ts'
import type { EntityId } from '../model/entity-name.ts'
import type { JsonObject } from '../model/json.ts'
import { isJsonObject } from '../model/json.ts'
import { JsonText } from '../model/json-text.ts'
import type { Transaction } from '../model/transaction.ts'
import type { MessageBody } from '../queue/queue.ts'
import { ReferenceBody, referenced } from '../queue/message-body.ts'
import { readIdentity } from './identity-codec.ts'
import { malformed, object, parseMessage, strings, text } from './message-fields.ts'
import { readTransaction, transactionJson } from './transaction-codec.ts'

/** Controller to invoker, topic `invoker<N>`: run this. Field names on the wire are OpenWhisk's. */
export interface ActivationMessage {
  readonly transaction: Transaction
  readonly action: ActionReference
  /** Revision of the action's document that the caller saw; undefined: the latest. */
  readonly revision?: string
  readonly user: Identity
  readonly activationId: string
  /** The controller whose `completed<id>` topic gets the acknowledgements. */
  readonly controllerId: string
  readonly blocking: boolean
  /** Merged arguments: package, binding, action, request. An object or an array. */
  readonly content?: JsonText
  /** Names of the parameters that become environment at `/init`. */
  readonly initArgs: readonly string[]
  /** Parameter name to algorithm, for values that are still encrypted in `content`. */
  readonly lockedArgs: Readonly<Record<string, string>>
  /** Activation id of the enclosing sequence or composition. */
  readonly cause?: string
  readonly traceContext?: Readonly<Record<string, string>>
}

export interface ActionReference extends EntityId {
  readonly version?: string
  /** Path of the package binding through which the caller named the action. */
  readonly binding?: string
}

const TYPE = Symbol('ActivationMessage')

export function activationBody(message: ActivationMessage): MessageBody {
  return new ReferenceBody(TYPE, message, encode)
}

/** @throws ERR_CORRUPT the body is not an activation message; the text says what is wrong. */
export function readActivationMessage(body: MessageBody): ActivationMessage {
  return referenced<ActivationMessage>(body, TYPE) ?? decode(parseMessage(body, 'activation message'))
}

function encode(message: ActivationMessage): string {
  const { action, user, content } = message
  const envelope = JSON.stringify({
    transid: transactionJson(message.transaction),
    action: { path: action.path, name: action.name, version: action.version, binding: action.binding },
    revision: message.revision ?? null,
    user: {
      subject: user.subject,
      namespace: user.namespace,
      authkey: { api_key: authKeyText(user.authkey) },
      rights: user.rights,
      limits: user.limits,
    },
    activationId: message.activationId,
    rootControllerIndex: { asString: message.controllerId, instanceType: 'controller' },
    blocking: message.blocking,
    initArgs: message.initArgs,
    lockedArgs: message.lockedArgs,
    cause: message.cause,
    traceContext: message.traceContext,
  })
  // The arguments, the one part of unbounded size, are copied from their own text.
  return content ? `${envelope.slice(0, -1)},"content":${content.text}}` : envelope
}

function decode(json: JsonObject): ActivationMessage {
  const action = object(json, 'action')
  const content = json['content']
  const { revision, cause, blocking, traceContext } = json
  const { version, binding } = action
  return {
    transaction: readTransaction(json['transid']),
    action: {
      path: text(action, 'path'),
      name: text(action, 'name'),
      ...(typeof version === 'string' ? { version } : {}),
      ...(typeof binding === 'string' ? { binding } : {}),
    },
    ...(typeof revision === 'string' ? { revision } : {}),
    user: readIdentity(object(json, 'user')),
    activationId: text(json, 'activationId'),
    controllerId: text(object(json, 'rootControllerIndex'), 'asString'),
    blocking: typeof blocking === 'boolean' ? blocking : malformed('blocking', 'a boolean'),
    ...(content !== undefined && content !== null ? { content: JsonText.of(content) } : {}),
    initArgs: strings(json, 'initArgs'),
    lockedArgs: textMap(json, 'lockedArgs'),
    ...(typeof cause === 'string' ? { cause } : {}),
    ...(isJsonObject(traceContext) ? { traceContext: textMap(json, 'traceContext') } : {}),
  }
}

function textMap(json: JsonObject, field: string): Record<string, string> {
  const entries = Object.entries(object(json, field))
  return Object.fromEntries(
    entries.map(([key, value]) => [key, typeof value === 'string' ? value : malformed(field, 'an object of strings')]),
  )
}
