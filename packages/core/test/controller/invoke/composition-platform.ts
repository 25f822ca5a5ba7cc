import { request as httpRequest } from 'node:http'
import { staticAuth } from '../../../src/auth/static-auth.ts'
import { assemble } from '../../../src/assembly/assemble.ts'
import type { Platform } from '../../../src/assembly/platform.ts'
import type { EmbeddedClient, EmbeddedResponse } from '../../../src/assembly/embedded-client.ts'
import type { PlatformOptions } from '../../../src/assembly/platform-options.ts'
import { ENTITY_STORE } from '../../../src/assembly/tokens.ts'
import { memoryContainers } from '../../../src/container/memory-containers.ts'
import type { JsonObject, JsonValue } from '../../../src/model/json.ts'
import type { NamespaceLimits } from '../../../src/model/namespace-limits.ts'

const KEYS = { me: 'm', other: 'o' } as const
type Namespace = keyof typeof KEYS

const UNLIMITED: NamespaceLimits = { invocationsPerMinute: 1_000_000, concurrentInvocations: 1000 }

export interface CompositionPlatformOptions extends Partial<PlatformOptions> {
  /** Of the namespace `me`. */
  readonly ownLimits?: NamespaceLimits
}

/** A whole platform in this process, with two callers. Names are relative to the namespace `me`. */
export class CompositionPlatform {
  readonly platform: Platform
  readonly me: EmbeddedClient
  readonly other: EmbeddedClient

  private constructor(platform: Platform, me: EmbeddedClient, other: EmbeddedClient) {
    this.platform = platform
    this.me = me
    this.other = other
  }

  static async start({ ownLimits, ...options }: CompositionPlatformOptions = {}): Promise<CompositionPlatform> {
    const platform = await assemble({
      containers: memoryContainers(),
      auth: staticAuth([
        { namespace: 'me', auth: authOf('me'), limits: { ...UNLIMITED, ...ownLimits } },
        { namespace: 'other', auth: authOf('other'), limits: UNLIMITED },
      ]),
      ...options,
    })
    return new CompositionPlatform(platform, await platform.client('me'), await platform.client('other'))
  }

  /** An action whose `main` has this body; `args` are its arguments. */
  async action(name: string, body: string, more: JsonObject = {}, client: EmbeddedClient = this.me): Promise<void> {
    await client.putAction(name, {
      exec: { kind: 'nodejs:20', code: `async function main(args) { ${body} }` },
      ...more,
    })
  }

  conductor(name: string, body: string): Promise<void> {
    return this.action(name, body, { annotations: [{ key: 'conductor', value: true }] })
  }

  put(name: string, components: readonly string[], more: JsonObject = {}, query = '?overwrite=true') {
    return this.me.request('PUT', `actions/${name}${query}`, {
      exec: { kind: 'sequence', components: [...components] },
      ...more,
    })
  }

  async sequence(name: string, ...components: string[]): Promise<JsonObject> {
    const { status, body } = await this.put(name, components)
    if (status !== 200) throw new Error(`${status} ${JSON.stringify(body)}`)
    return body as JsonObject
  }

  async package(path: string, content: { publish?: boolean; parameters?: JsonValue; binding?: JsonValue } = {}) {
    const [namespace = '', name = ''] = path.split('/')
    const { publish = false, parameters = [], binding = {} } = content
    const fields = { namespace, name, publish, parameters, binding, annotations: [], version: '0.0.1', updated: 1 }
    await this.platform.use(ENTITY_STORE).put(path, { ...fields, entityType: 'package' })
  }

  invoke(name: string, payload: JsonObject = {}, query = '?blocking=true'): Promise<EmbeddedResponse> {
    return this.me.request('POST', `actions/${name}${query}`, payload)
  }

  async record(activationId: unknown): Promise<JsonObject | undefined> {
    const { status, body } = await this.me.request('GET', `activations/${String(activationId)}`)
    return status === 200 ? (body as JsonObject) : undefined
  }

  /** Records of the namespace, whole, the earliest first. */
  async records(): Promise<JsonObject[]> {
    const { body } = await this.me.request('GET', 'activations?docs=true&limit=0')
    return (body as JsonObject[]).reverse()
  }

  /** Asks over a socket; the connection can be cut. */
  async ask(path: string): Promise<{ readonly cut: () => Promise<void> }> {
    const { url } = await this.platform.listen({ port: 0 })
    const request = httpRequest(`${url}/api/v1/namespaces/_/${path}`, {
      method: 'POST',
      headers: { authorization: `Basic ${Buffer.from(authOf('me')).toString('base64')}` },
    })
    const broken = new Promise<void>((resolve) => request.once('error', () => resolve()))
    request.end()
    return {
      cut: () => {
        request.destroy()
        return broken
      },
    }
  }
}

function authOf(namespace: Namespace): string {
  const letter = KEYS[namespace]
  return `23bc46b1-71f6-4ed5-8c54-816aa4f8c50${letter === 'm' ? 1 : 2}:${letter.repeat(64)}`
}

export function result({ body }: EmbeddedResponse): JsonValue | undefined {
  return ((body as JsonObject)['response'] as JsonObject)['result']
}

export function annotations(record: JsonValue | undefined): Record<string, JsonValue> {
  const list = (record as JsonObject)['annotations'] as { key: string; value: JsonValue }[]
  return Object.fromEntries(list.map(({ key, value }) => [key, value]))
}
