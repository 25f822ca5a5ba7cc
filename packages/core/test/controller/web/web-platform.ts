import { randomBytes } from 'node:crypto'
import {
  sendRequest,
  type GivenAction,
  type GivenPackage,
  type RawRequest,
  type RawResponse,
} from '@stemcell/conformance/rest'
import { assemble } from '../../../src/assembly/assemble.ts'
import type { Platform } from '../../../src/assembly/platform.ts'
import type { PlatformOptions } from '../../../src/assembly/platform-options.ts'
import { ENTITY_STORE } from '../../../src/assembly/tokens.ts'
import { staticAuth, type StaticIdentity } from '../../../src/auth/static-auth.ts'
import { memoryContainers } from '../../../src/container/memory-containers.ts'
import type { JsonObject, JsonValue } from '../../../src/model/json.ts'

export const ECHO = 'function main(args) { return args }'

/** A platform that listens, with an owner of web actions and another caller. */
export class WebPlatform {
  readonly platform: Platform
  readonly baseUrl: string
  readonly #auth: ReadonlyMap<string, string>

  private constructor(platform: Platform, baseUrl: string, auth: ReadonlyMap<string, string>) {
    this.platform = platform
    this.baseUrl = baseUrl
    this.#auth = auth
  }

  /** `more` adds to the identities `owner` and `other`. */
  static async start(
    options: Partial<PlatformOptions> = {},
    more: readonly Omit<StaticIdentity, 'auth'>[] = [],
  ): Promise<WebPlatform> {
    const identities = [{ namespace: 'owner' }, { namespace: 'other' }, ...more].map((identity) => ({
      ...identity,
      auth: `${identity.namespace}-uuid:${randomBytes(32).toString('hex')}`,
    }))
    const { limits, ...rest } = options
    const platform = await assemble({
      containers: memoryContainers(),
      auth: staticAuth(identities),
      limits: { invocationsPerMinute: 100_000, concurrentInvocations: 1000, ...limits },
      ...rest,
    })
    const { url } = await platform.listen({ port: 0 })
    return new WebPlatform(platform, url, new Map(identities.map(({ namespace, auth }) => [namespace, auth])))
  }

  close(): Promise<void> {
    return this.platform.close()
  }

  send(request: RawRequest): Promise<RawResponse> {
    return sendRequest(this.baseUrl, request)
  }

  /** The `Authorization` header of a namespace's caller. */
  authorization(namespace: string): string {
    return `Basic ${Buffer.from(this.#auth.get(namespace) ?? '').toString('base64')}`
  }

  async putAction(name: string, given: GivenAction): Promise<void> {
    const { returns, code = ECHO, annotations = {}, parameters = {}, package: packageName, of = 'owner' } = given
    const client = await this.platform.client(of)
    const all = { 'web-export': true, ...annotations }
    await client.putAction(packageName === undefined ? name : `${packageName}/${name}`, {
      exec: { kind: 'nodejs:20', code: returns === undefined ? code : `main = () => (${JSON.stringify(returns)})` },
      annotations: list(all),
      parameters: list(parameters),
    })
  }

  async putPackage({ name, of = 'owner', publish = false, parameters = {}, binding }: GivenPackage): Promise<void> {
    await this.platform.use(ENTITY_STORE).put(`${of}/${name}`, {
      entityType: 'package',
      namespace: of,
      name,
      version: '0.0.1',
      publish,
      parameters: list(parameters),
      annotations: [],
      binding: binding ? { ...binding } : {},
      updated: 1,
    })
  }
}

function list(values: Readonly<Record<string, JsonValue | undefined>>): JsonObject[] {
  return Object.entries(values).flatMap(([key, value]) => (value === undefined ? [] : [{ key, value }]))
}
