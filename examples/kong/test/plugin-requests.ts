import { connect, type Socket } from 'node:net'

/** What the plug-in is configured with, by the names of its schema. */
export interface PluginConfig {
  readonly host: string
  readonly port?: number
  readonly path: string
  readonly action: string
  readonly service_token?: string
  readonly https?: boolean
  readonly https_verify?: boolean
  readonly timeout?: number
  readonly keepalive?: number
  readonly result?: boolean
}

/** Names and types of the options that the plug-in's schema has. */
export const PLUGIN_OPTIONS: Readonly<Record<string, 'string' | 'number' | 'boolean'>> = {
  host: 'string',
  port: 'number',
  path: 'string',
  action: 'string',
  service_token: 'string',
  https: 'boolean',
  https_verify: 'boolean',
  timeout: 'number',
  keepalive: 'number',
  result: 'boolean',
}

/** The bytes that it sends, by lua-resty-http, for parameters that it took from query, form and JSON of its client. */
export function pluginRequest(config: PluginConfig, parameters: object): string {
  const { path, action, timeout = 60_000, result = true, service_token: token } = config
  const body = JSON.stringify(parameters)
  const query = `blocking=true&result=${String(result)}&timeout=${timeout}`
  return [
    `POST ${path}/actions/${action}?${query} HTTP/1.1`,
    `Content-Length: ${Buffer.byteLength(body)}`,
    ...(token === undefined ? [] : [`Authorization: Basic ${Buffer.from(token).toString('base64')}`]),
    'User-Agent: lua-resty-http/0.16.1 (Lua) ngx_lua/10020',
    `Host: ${config.host}:${config.port}`,
    'Content-Type: application/json',
    '',
    body,
  ].join('\r\n')
}

export interface PluginAnswer {
  readonly status: number
  readonly headers: ReadonlyMap<string, string>
  readonly body: string
}

/** A connection of its pool: kept for the next request after an answer was read. */
export class PluginConnection {
  readonly #socket: Socket
  #received = Buffer.alloc(0)
  #arrived: () => void = () => undefined

  constructor(host: string, port: number) {
    this.#socket = connect(port, host)
    this.#socket.on('data', (chunk: Buffer) => {
      this.#received = Buffer.concat([this.#received, chunk])
      this.#arrived()
    })
    this.#socket.on('close', () => this.#arrived())
  }

  async send(request: string): Promise<PluginAnswer> {
    this.#socket.write(request)
    for (;;) {
      const answer = this.#whole()
      if (answer) return answer
      if (this.#socket.destroyed) throw new Error(`closed: ${this.#received.toString()}`)
      await new Promise<void>((resolve) => (this.#arrived = resolve))
    }
  }

  close(): void {
    this.#socket.destroy()
  }

  /** As lua-resty-http reads it: a body has a length here. */
  #whole(): PluginAnswer | undefined {
    const end = this.#received.indexOf('\r\n\r\n')
    if (end < 0) return undefined
    const [line = '', ...lines] = this.#received.subarray(0, end).toString('latin1').split('\r\n')
    const headers = new Map(lines.map((each) => [each.split(':')[0]!.toLowerCase(), each.replace(/^[^:]*: ?/, '')]))
    const length = Number(headers.get('content-length'))
    if (this.#received.length < end + 4 + length) return undefined
    const body = this.#received.subarray(end + 4, end + 4 + length).toString()
    this.#received = this.#received.subarray(end + 4 + length)
    return { status: Number(line.split(' ')[1]), headers, body }
  }
}
