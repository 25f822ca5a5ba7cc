import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import type { ClusterAccess } from '../src/cluster/cluster-access.ts'

/** What a server of the protocol may say when a real one does so only on a bad day. */
export class SmallApiServer {
  readonly requests: string[] = []
  readonly tokens: (string | undefined)[] = []
  readonly #server: Server
  readonly #answers: ((request: IncomingMessage, response: ServerResponse) => void)[] = []
  #otherwise: ((request: IncomingMessage, response: ServerResponse) => void) | undefined

  constructor() {
    this.#server = createServer((request, response) => {
      this.requests.push(request.url ?? '')
      this.tokens.push(request.headers.authorization)
      const answer = this.#answers.shift() ?? this.#otherwise
      if (answer) answer(request, response)
      else response.writeHead(500).end('{"message":"nobody expected this"}')
    })
  }

  async listen(): Promise<this> {
    this.#server.listen(0, '127.0.0.1')
    await once(this.#server, 'listening')
    return this
  }

  access(token: () => string = () => 'token'): ClusterAccess {
    const { port } = this.#server.address() as AddressInfo
    return {
      server: new URL(`http://127.0.0.1:${port}/base`),
      namespace: 'default',
      source: 'test',
      credentials: () => Promise.resolve({ token: token(), tls: {} }),
    }
  }

  /** Answers the next request that has no answer yet. */
  next(answer: (request: IncomingMessage, response: ServerResponse) => void): this {
    this.#answers.push(answer)
    return this
  }

  json(body: object, status = 200, headers: Readonly<Record<string, string>> = {}): this {
    return this.next((_request, response) => response.writeHead(status, headers).end(JSON.stringify(body)))
  }

  otherwise(answer: (request: IncomingMessage, response: ServerResponse) => void): this {
    this.#otherwise = answer
    return this
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections()
    this.#server.close()
    await once(this.#server, 'close')
  }
}

export function podOf(name: string, version: number): object {
  return { metadata: { name, uid: `uid-${name}`, resourceVersion: String(version) }, spec: {} }
}

export function listOf(version: number, ...pods: object[]): object {
  return { metadata: { resourceVersion: String(version) }, items: pods }
}

export function event(type: string, object: object): string {
  return `${JSON.stringify({ type, object })}\n`
}
