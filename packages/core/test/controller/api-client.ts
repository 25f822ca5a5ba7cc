import { sendRequest, type RawResponse } from '@stemcell/conformance/rest'
import { basicAuth, OWNER, type TestController } from './test-controller.ts'

export const ACTIONS = '/api/v1/namespaces/_/actions'

/** Calls a test controller as its owner; a body that is no text is sent as JSON. */
export class ApiClient {
  readonly #controller: TestController

  constructor(controller: TestController) {
    this.#controller = controller
  }

  send(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<RawResponse> {
    return sendRequest(this.#controller.baseUrl, {
      method,
      path,
      headers: {
        authorization: basicAuth(OWNER),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    })
  }

  /** Makes an action in the owner's namespace. */
  async putAction(name: string, more: object = {}): Promise<void> {
    const exec = { kind: 'nodejs:20', code: 'function main(args) { return args }' }
    const { status, text } = await this.send('PUT', `${ACTIONS}/${name}?overwrite=true`, { exec, ...more })
    if (status !== 200) throw new Error(`PUT ${name}: ${status} ${text}`)
  }

  invoke(name: string, body?: unknown, query = ''): Promise<RawResponse> {
    return this.send('POST', `${ACTIONS}/${name}${query}`, body)
  }
}

export function errorOf({ text }: RawResponse): unknown {
  return (JSON.parse(text) as { error: unknown }).error
}
