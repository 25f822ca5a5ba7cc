import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { SystemClock } from '@stemcell/core'
import { HttpRuntimeClient, type HttpRuntimeClientOptions } from '@stemcell/core/runtime-client'

export type Answer = (request: { readonly url: string; readonly body: string }, response: ServerResponse) => void

/** Stands in for a runtime; ends with the test. */
export class RuntimeServer {
  readonly socketPath: string
  /** All so far. */
  readonly connections: Socket[] = []
  readonly server: Server

  constructor(answer: Answer) {
    const folder = mkdtempSync(join(tmpdir(), 'runtime-server-'))
    this.socketPath = join(folder, 's')
    this.server = createServer({ keepAliveTimeout: 0 }, (request, response) => {
      void readAll(request).then((body) => answer({ url: request.url ?? '', body }, response))
    })
    this.server.on('connection', (socket: Socket) => this.connections.push(socket))
    onTestFinished(() => {
      for (const socket of this.connections) socket.destroy()
      this.server.close()
      rmSync(folder, { recursive: true, force: true })
    })
  }

  listen(): Promise<this> {
    return new Promise((resolve) => this.server.listen(this.socketPath, () => resolve(this)))
  }

  listenOnPort(): Promise<number> {
    return new Promise((resolve) => {
      this.server.listen(0, '127.0.0.1', () => resolve((this.server.address() as AddressInfo).port))
    })
  }
}

/** A client that is closed with the test. */
export function clientOf(
  endpoint: HttpRuntimeClientOptions['endpoint'],
  extra: Partial<HttpRuntimeClientOptions> = {},
): HttpRuntimeClient {
  const client = new HttpRuntimeClient({ endpoint, maxConcurrent: 1, clock: new SystemClock(), ...extra })
  onTestFinished(() => client.close())
  return client
}

async function readAll(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString()
}
