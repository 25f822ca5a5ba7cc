import { createHash } from 'node:crypto'
import { PlatformError } from '@stemcell/core'
import { isolatedNetworkName, platformLabel, PlatformNetworks, type Gateway } from '@stemcell/core/container-engine'
import { isSuccess, reasonOf, type LibpodClient } from '../engine/libpod-client.ts'
import type { EngineTraits } from '../engine/engine-traits.ts'
import * as wire from '../engine/wire.ts'
import type { PodmanContainersSettings } from '../podman-containers-options.ts'

/** The network that a container is put on. */
export interface ContainerNetwork {
  /** How it is asked for. */
  readonly request: Readonly<Record<string, unknown>>
  readonly name?: string
  /** The bridge, where containers on it are to be kept apart. */
  readonly bridge?: string
  /** This machine's address on it, while a container runs. */
  readonly gateway?: Gateway
}

/**
 * The networks of containers. The platform's own is a bridge on which containers do not see each other; it is made
 * when it is first needed, and removed when the factory closes unless others are on it. Without root every container
 * has a network stack of its own in its place.
 */
export class Networks {
  readonly #client: LibpodClient
  readonly #traits: EngineTraits
  readonly #settings: PodmanContainersSettings
  readonly #found = new PlatformNetworks((platform) => this.#find(platform))

  constructor(client: LibpodClient, traits: EngineTraits, settings: PodmanContainersSettings) {
    this.#client = client
    this.#traits = traits
    this.#settings = settings
  }

  /** @throws ERR_START_FAILED it cannot be made, or the named one does not exist. @throws ERR_UNAVAILABLE */
  of(platform: string): Promise<ContainerNetwork> {
    return this.#found.of(platform)
  }

  /** Somebody may have removed it: the next `of` looks again. */
  forget(platform: string): void {
    this.#found.forget(platform)
  }

  /** Removes the own ones that nobody uses. */
  async close(): Promise<void> {
    if (this.#settings.network !== 'isolated') return
    for (const { name } of await this.#found.take()) {
      // Refused while containers of another process are on it.
      if (name !== undefined) await this.#client.call('DELETE', `/networks/${name}`)
    }
  }

  async #find(platform: string): Promise<ContainerNetwork> {
    const { network, egress } = this.#settings
    if (network === 'none') return { request: { netns: { nsmode: 'none' } } }
    if (network !== 'isolated') {
      const existing = await this.#inspect(network)
      if (existing) return existing
      const fix = 'create it, or use isolated'
      throw new PlatformError('ERR_START_FAILED', `network: the engine has no network ${network}: ${fix}`)
    }
    if (this.#traits.rootless) return { request: { netns: { nsmode: egress ? this.#traits.userNetwork : 'none' } } }
    const name = isolatedNetworkName(platform, egress)
    const made = (await this.#inspect(name)) ?? (await this.#make(name, platform))
    return { ...made, bridge: bridgeFor(name) }
  }

  async #make(name: string, platform: string): Promise<ContainerNetwork> {
    const answer = await this.#client.call('POST', '/networks/create', {
      body: {
        name,
        driver: 'bridge',
        network_interface: bridgeFor(name),
        internal: !this.#settings.egress,
        dns_enabled: false,
        ipv6_enabled: false,
        // From the engine's other networks; only this backend knows how.
        options: this.#traits.networkBackend === 'netavark' ? { isolate: 'true' } : {},
        labels: platformLabel(platform),
      },
    })
    // 409: another process of the platform was faster.
    if (!isSuccess(answer) && answer.status !== 409) {
      throw new PlatformError('ERR_START_FAILED', `network ${name} cannot be made: ${reasonOf(answer)}`)
    }
    const network = await this.#inspect(name)
    if (network) return network
    throw new PlatformError('ERR_START_FAILED', `network ${name} went away as soon as it was made`)
  }

  async #inspect(name: string): Promise<ContainerNetwork | undefined> {
    const answer = await this.#client.call('GET', `/networks/${name}/json`)
    if (!isSuccess(answer)) return undefined
    const { subnet, gateway } = wire.read(wire.network, answer.body).subnets?.[0] ?? {}
    return {
      name,
      request: { netns: { nsmode: 'bridge' }, networks: { [name]: {} } },
      ...(subnet !== undefined && gateway !== undefined && { gateway: { address: gateway, subnet } }),
    }
  }
}

/** Named here, so that it is known without asking; an interface's name has 15 characters at most. */
function bridgeFor(network: string): string {
  return `stem-${createHash('sha256').update(network).digest('hex').slice(0, 10)}`
}
