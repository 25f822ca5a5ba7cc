import { ReferenceBody, referenced } from '../queue/message-body.ts'
import type { MessageBody } from '../queue/queue.ts'
import { object, parseMessage, text } from './message-fields.ts'

/**
 * Topic on which every controller says once per second that it lives; each controller reads all of it. Not of
 * OpenWhisk, whose controllers find each other by other means; in a mixed cluster its members never see it.
 */
export const CONTROLLERS_TOPIC = 'controllers'

/** Controller to all controllers. */
export interface ControllerPing {
  readonly controllerId: string
  /** False: the controller is leaving and takes no more requests. */
  readonly enabled: boolean
}

const TYPE = Symbol('ControllerPing')

export function controllerPingBody(ping: ControllerPing): MessageBody {
  return new ReferenceBody(TYPE, ping, ({ controllerId, enabled }) =>
    JSON.stringify({ name: { asString: controllerId, instanceType: 'controller' }, isEnabled: enabled }),
  )
}

/** @throws ERR_CORRUPT the body is not a controller's ping. */
export function readControllerPing(body: MessageBody): ControllerPing {
  const ping = referenced<ControllerPing>(body, TYPE)
  if (ping) return ping
  const json = parseMessage(body, 'ping of a controller')
  return { controllerId: text(object(json, 'name'), 'asString'), enabled: json['isEnabled'] !== false }
}
