import { IncomingMessage, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import type { JsonObject, JsonValue } from '@stemcell/core'
import type { Cluster } from './cluster.ts'
import type { ControllerMember } from './member.ts'

const ACTIVATION_ID = 'x-openwhisk-activation-id'

/** What a client of the REST API gets; undefined where the connection breaks. */
export interface Reply {
  readonly status: number
  readonly body: JsonValue | undefined
  /** The activation that it names, in its headers or in its body. */
  readonly activationId: string | undefined
}

/** What a client asks for. */
export interface Ask {
  readonly method: string
  /** Below the namespace of the client, or, with a slash before it, of the server. */
  readonly path: string
  readonly body?: JsonValue
  /** One way, ms. */
  readonly latencyMs: number
  /** The client hangs up so long after it has begun, in the middle of what it sends where that is at once. */
  readonly hangsUpAfterMs?: number
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
   * Asks a controller, `latencyMs` away. `done` is called once, with nothing where the controller is down; never where it
   * dies meanwhile, or where the client hangs up.
   */
  ask(controller: ControllerMember, request: Ask, done: (reply: Reply | undefined) => void): void {
    const { clock } = this.#cluster.world
    const { latencyMs, hangsUpAfterMs } = request
    clock.setTimer(latencyMs, () => {
      const { node, host } = controller
      if (!node || !host || host.isDead) return done(undefined)
      host.enter(() => {
        let isGone = false
        const response = new CapturedResponse(incoming(request, this.#authorization), (reply) =>
          clock.setTimer(latencyMs, () => {
            if (!isGone) done(reply)
          }),
        )
        node.controller.handle(response.request, response)
        if (hangsUpAfterMs === undefined) return
        clock.setTimer(hangsUpAfterMs, () =>
          host.enter(() => {
            isGone = true
            response.hungUp()
          }),
        )
      })
    })
  }
}

function incoming({ method, path, body, hangsUpAfterMs }: Ask, authorization: string): IncomingMessage {
  const message = new IncomingMessage(new Socket())
  const bytes = body === undefined ? undefined : Buffer.from(JSON.stringify(body))
  message.method = method
  message.url = path.startsWith('/') ? path : `/api/v1/namespaces/_/${path}`
  message.httpVersion = '1.1'
  message.httpVersionMajor = 1
  message.httpVersionMinor = 1
  message.headers = {
    host: 'simulated',
    authorization,
    ...(bytes && { 'content-type': 'application/json', 'content-length': String(bytes.length) }),
  }
  message.rawHeaders = Object.entries(message.headers).flatMap(([name, value]) => [name, String(value)])
  const stopsInside = hangsUpAfterMs === 0 && bytes !== undefined
  message.complete = !stopsInside
  if (bytes) message.push(stopsInside ? bytes.subarray(0, bytes.length - 1) : bytes)
  if (!stopsInside) message.push(null)
  return message
}

function idIn(body: JsonValue | undefined): string | undefined {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return undefined
  const id = (body as JsonObject)['activationId']
  return typeof id === 'string' ? id : undefined
}

/** Takes the answer before it becomes bytes. */
class CapturedResponse extends ServerResponse {
  readonly request: IncomingMessage
  override headersSent = false
  readonly #done: (reply: Reply) => void
  #status = 0
  #activationId: string | undefined

  constructor(request: IncomingMessage, done: (reply: Reply) => void) {
    super(request)
    this.request = request
    this.#done = done
  }

  override writeHead(status: number, ...rest: unknown[]): this {
    this.#status = status
    this.headersSent = true
    const names = rest.find(Array.isArray) as readonly string[] | undefined
    const at = names?.findIndex((name, index) => index % 2 === 0 && name.toLowerCase() === ACTIVATION_ID) ?? -1
    if (at >= 0) this.#activationId = names![at + 1]
    return this
  }

  /** As node:http does it: both ends are closed, and what is written from now on goes nowhere. */
  hungUp(): void {
    if (this.destroyed || this.headersSent) return
    this.destroyed = true
    this.request.destroy()
    this.emit('close')
  }

  override end(content?: unknown): this {
    const text =
      typeof content === 'string' ? content : content instanceof Uint8Array ? Buffer.from(content).toString() : ''
    const body = text.startsWith('{') || text.startsWith('[') ? (JSON.parse(text) as JsonValue) : undefined
    this.#done({ status: this.#status, body, activationId: this.#activationId ?? idIn(body) })
    return this
  }
}
