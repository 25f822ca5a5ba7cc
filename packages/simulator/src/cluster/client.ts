import { IncomingMessage, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import type { JsonValue } from '@stemcell/core'
import type { Cluster } from './cluster.ts'
import type { ControllerMember } from './member.ts'

/** What a client of the REST API gets; undefined where the connection breaks. */
export interface Reply {
  readonly status: number
  readonly body: JsonValue | undefined
}

/** A client somewhere in the network. */
export class Client {
  readonly #cluster: Cluster
  readonly #authorization: string

  constructor(cluster: Cluster, { uuid, key }: { readonly uuid: string; readonly key: string }) {
    this.#cluster = cluster
    this.#authorization = `Basic ${Buffer.from(`${uuid}:${key}`).toString('base64')}`
  }

  /**
   * Asks a controller, `latencyMs` away. `done` is called once, with nothing where the controller is down or dies
   * meanwhile.
   */
  ask(
    controller: ControllerMember,
    request: { readonly method: string; readonly path: string; readonly body?: JsonValue; readonly latencyMs: number },
    done: (reply: Reply | undefined) => void,
  ): void {
    const { clock } = this.#cluster.world
    const { method, path, body, latencyMs } = request
    clock.setTimer(latencyMs, () => {
      const { node, host } = controller
      if (!node || !host || host.isDead) return done(undefined)
      host.enter(() => {
        const response = new CapturedResponse(incoming(method, path, this.#authorization, body), (reply) =>
          clock.setTimer(latencyMs, () => done(reply)),
        )
        node.controller.handle(response.request, response)
      })
    })
  }
}

function incoming(method: string, path: string, authorization: string, body: JsonValue | undefined): IncomingMessage {
  const message = new IncomingMessage(new Socket())
  const bytes = body === undefined ? undefined : Buffer.from(JSON.stringify(body))
  message.method = method
  message.url = `/api/v1/namespaces/_/${path}`
  message.httpVersion = '1.1'
  message.httpVersionMajor = 1
  message.httpVersionMinor = 1
  message.headers = {
    host: 'simulated',
    authorization,
    ...(bytes && { 'content-type': 'application/json', 'content-length': String(bytes.length) }),
  }
  message.rawHeaders = Object.entries(message.headers).flatMap(([name, value]) => [name, String(value)])
  message.complete = true
  if (bytes) message.push(bytes)
  message.push(null)
  return message
}

/** Takes the answer before it becomes bytes. */
class CapturedResponse extends ServerResponse {
  readonly request: IncomingMessage
  override headersSent = false
  readonly #done: (reply: Reply) => void
  #status = 0

  constructor(request: IncomingMessage, done: (reply: Reply) => void) {
    super(request)
    this.request = request
    this.#done = done
  }

  override writeHead(status: number): this {
    this.#status = status
    this.headersSent = true
    return this
  }

  override end(content?: unknown): this {
    const text =
      typeof content === 'string' ? content : content instanceof Uint8Array ? Buffer.from(content).toString() : ''
    this.#done({
      status: this.#status,
      body: text.startsWith('{') || text.startsWith('[') ? (JSON.parse(text) as JsonValue) : undefined,
    })
    return this
  }
}
