import {
  assemble,
  memoryContainers,
  VirtualClock,
  type EmbeddedClient,
  type JsonObject,
  type JsonValue,
  type Platform,
} from '@stemcell/core'
import { combinators, samples, utils } from '../src/index.ts'

export const NOON = Date.UTC(2023, 10, 26, 12)

/** A platform with the whole catalog. */
export class CatalogRig implements AsyncDisposable {
  readonly platform: Platform
  readonly guest: EmbeddedClient

  readonly #authorization: string

  private constructor(platform: Platform, guest: EmbeddedClient, authorization: string) {
    this.platform = platform
    this.guest = guest
    this.#authorization = authorization
  }

  static async start(): Promise<CatalogRig> {
    const platform = await assemble({
      containers: memoryContainers(),
      clock: new VirtualClock(NOON),
      limits: { invocationsPerMinute: 10_000 },
      apiHost: 'https://api.example.org',
      systemPackages: [utils(), samples(), combinators()],
    })
    const { uuid, key } = await platform.subjects.createUser('guest')
    const authorization = `Basic ${Buffer.from(`${uuid}:${key}`).toString('base64')}`
    return new CatalogRig(platform, await platform.client('guest'), authorization)
  }

  /** Invokes an action of the catalog: `package/name`. */
  async invoke(action: string, body: JsonValue): Promise<{ status: number; result: JsonValue; logs: string[] }> {
    const path = `/api/v1/namespaces/whisk.system/actions/${action}?blocking=true`
    const answer = await this.guest.request('POST', path, body)
    const { response, logs } = answer.body as JsonObject
    return { status: answer.status, result: (response as JsonObject)['result']!, logs: logs as string[] }
  }

  /** The result as text, of arguments as text. */
  async text(action: string, body: string): Promise<string> {
    const path = `/api/v1/namespaces/whisk.system/actions/${action}?blocking=true&result=true`
    const headers = { authorization: this.#authorization, 'content-type': 'application/json' }
    const response = await this.platform.fetch(`http://platform${path}`, { method: 'POST', headers, body })
    return response.text()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.platform.close()
  }
}
