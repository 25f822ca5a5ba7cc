import { PlatformError } from '@stemcell/core'
import { isolatedNetworkName, platformLabel, PlatformNetworks } from '@stemcell/core/container-engine'
import type Dockerode from 'dockerode'
import type { DockerContainersSettings } from '../docker-containers-options.ts'
import { toPlatformError, unless } from '../engine/to-platform-error.ts'

export interface Network {
  /** What a container is given: the id where there is one, since names need not be unique. */
  readonly mode: string
  /** This machine's address on it, and who else may be there. */
  readonly gateway?: { readonly address: string; readonly subnet: string }
}

/**
 * The networks that containers are put on. The platform's own is a bridge on which containers do not see each other;
 * it is made when it is first needed, and removed with the last container of this factory unless others are on it.
 */
export class Networks {
  readonly #docker: Dockerode
  readonly #settings: DockerContainersSettings
  readonly #found = new PlatformNetworks((platform) => this.#find(platform))

  constructor(docker: Dockerode, settings: DockerContainersSettings) {
    this.#docker = docker
    this.#settings = settings
  }

  /** @throws ERR_START_FAILED it cannot be made, or the named one does not exist. @throws ERR_UNAVAILABLE */
  of(platform: string): Promise<Network> {
    return this.#found.of(platform)
  }

  /** Whether somebody removed it after it was found; then the next `of` makes it anew. */
  async isGone(platform: string, network: Network): Promise<boolean> {
    if (network.gateway === undefined) return false
    if (await unless([404], this.#docker.getNetwork(network.mode).inspect())) return false
    this.#found.forget(platform)
    return true
  }

  /** Removes the own ones that nobody uses. Rejects with the driver's error. */
  async close(): Promise<void> {
    if (this.#settings.network !== 'isolated') return
    for (const { mode } of await this.#found.take()) {
      // 403: containers of another process are on it. 404: it has gone already.
      await unless([403, 404], this.#docker.getNetwork(mode).remove())
    }
  }

  async #find(platform: string): Promise<Network> {
    const { network } = this.#settings
    if (network === 'none') return { mode: network }
    try {
      const name = network === 'isolated' ? isolatedNetworkName(platform, this.#settings.egress) : network
      const existing = await this.#inspect(name)
      if (existing) return existing
      if (network === 'isolated') return await this.#make(name, platform)
    } catch (error) {
      throw toPlatformError(error, 'the network of containers', 'ERR_START_FAILED')
    }
    throw new PlatformError(
      'ERR_START_FAILED',
      `network: the engine has no network ${network}: create it, or use isolated`,
    )
  }

  async #make(name: string, platform: string): Promise<Network> {
    const created = await unless(
      [409],
      this.#docker.createNetwork({
        Name: name,
        CheckDuplicate: true,
        Driver: 'bridge',
        Internal: !this.#settings.egress,
        Labels: platformLabel(platform),
        Options: { 'com.docker.network.bridge.enable_icc': 'false' },
      }),
    )
    const network = await this.#inspect(created?.id ?? name)
    if (network) return network
    throw new PlatformError('ERR_START_FAILED', `network ${name} went away as soon as it was made`)
  }

  async #inspect(name: string): Promise<Network | undefined> {
    const found = await unless([404], this.#docker.getNetwork(name).inspect())
    if (!found) return undefined
    const { Id, IPAM } = found as {
      readonly Id: string
      readonly IPAM?: { readonly Config?: readonly { readonly Subnet?: string; readonly Gateway?: string }[] | null }
    }
    const { Subnet: subnet, Gateway: address } = IPAM?.Config?.[0] ?? {}
    return { mode: Id, ...(subnet && address && { gateway: { address: address.replace(/\/.*$/, ''), subnet } }) }
  }
}
