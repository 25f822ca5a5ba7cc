import type { MessageBody } from '../queue/queue.ts'
import { ReferenceBody, referenced } from '../queue/message-body.ts'
import { invokerInstanceJson, readInvokerInstance, type InvokerInstance } from './invoker-instance.ts'
import { object, parseMessage } from './message-fields.ts'

/** Topic on which every invoker says once per second that it lives; each controller reads all of it. */
export const HEALTH_TOPIC = 'health'

/** Invoker to all controllers. */
export interface Ping {
  readonly instance: InvokerInstance
  /** False: finish what was sent, send no more. */
  readonly enabled: boolean
}

const TYPE = Symbol('Ping')

export function pingBody(ping: Ping): MessageBody {
  return new ReferenceBody(TYPE, ping, ({ instance, enabled }) =>
    JSON.stringify({ name: invokerInstanceJson(instance), isEnabled: enabled }),
  )
}

/** @throws ERR_CORRUPT the body is not a ping. */
export function readPing(body: MessageBody): Ping {
  const ping = referenced<Ping>(body, TYPE)
  if (ping) return ping
  const json = parseMessage(body, 'ping')
  return { instance: readInvokerInstance(object(json, 'name')), enabled: json['isEnabled'] !== false }
}
