import { randomBytes } from 'node:crypto'
import {
  assemble,
  memoryContainers,
  tokens,
  type JsonObject,
  type NamespaceLimits,
  type Platform,
  type PlatformOptions,
  type RuntimesManifestSource,
} from '@stemcell/core'
import type { RestCaller, RestTarget } from './rest-target.ts'

const attached = { attachmentName: 'codefile', attachmentType: 'text/plain' }

/** The kinds that rows know. */
export const REST_MANIFEST: RuntimesManifestSource = {
  runtimes: {
    nodejs: [
      { kind: 'nodejs:20', image: { name: 'node20' }, attached, default: true },
      { kind: 'nodejs:6', image: { name: 'node6' }, attached, deprecated: true },
    ],
    java: [{ kind: 'java:8', image: { name: 'java8' }, attached, requireMain: true }],
    shell: [{ kind: 'shell:1', image: { name: 'shell' } }],
  },
}

const UNTHROTTLED: NamespaceLimits = {
  invocationsPerMinute: 1_000_000,
  concurrentInvocations: 1000,
  firesPerMinute: 1_000_000,
}

/** A platform in this process, made of the given parts, that every row applies to. */
export class RestPlatform implements RestTarget, AsyncDisposable {
  readonly platform: Platform
  readonly baseUrl: string
  readonly owner: RestCaller
  readonly other: RestCaller

  private constructor(platform: Platform, baseUrl: string, owner: RestCaller, other: RestCaller) {
    this.platform = platform
    this.baseUrl = baseUrl
    this.owner = owner
    this.other = other
  }

  /** Actions run in memory unless `parts` say otherwise. @throws what `assemble` throws */
  static async start(parts: Partial<PlatformOptions> = {}): Promise<RestPlatform> {
    const platform = await assemble({ containers: memoryContainers(), manifest: REST_MANIFEST, ...parts })
    try {
      const { url } = await platform.listen({ port: 0 })
      const [owner, other] = [await newCaller(platform, UNTHROTTLED), await newCaller(platform, UNTHROTTLED)]
      return new RestPlatform(platform, url, owner, other)
    } catch (error) {
      await platform.close()
      throw error
    }
  }

  readonly admit = (limits: JsonObject): Promise<RestCaller> => newCaller(this.platform, limits)

  readonly store = async (id: string, document: JsonObject): Promise<void> => {
    await this.platform.use(tokens.ENTITY_STORE).put(id, document)
  }

  close(): Promise<void> {
    return this.platform.close()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }
}

async function newCaller({ subjects }: Platform, limits: NamespaceLimits): Promise<RestCaller> {
  const namespace = `n${randomBytes(6).toString('hex')}`
  const { uuid, key } = await subjects.createUser(namespace)
  await subjects.setLimits(namespace, limits)
  return { namespace, auth: `${uuid}:${key}` }
}
