import { createHash } from 'node:crypto'

/** The networks of platforms on one engine: each is looked for once by all who ask, and again after a failure. */
export class PlatformNetworks<Network> {
  readonly #find: (platform: string) => Promise<Network>
  readonly #found = new Map<string, Promise<Network>>()

  constructor(find: (platform: string) => Promise<Network>) {
    this.#find = find
  }

  /** Rejects as `find`. */
  of(platform: string): Promise<Network> {
    const known = this.#found.get(platform)
    if (known) return known
    const network = this.#find(platform)
    this.#found.set(platform, network)
    network.catch(() => {
      if (this.#found.get(platform) === network) this.#found.delete(platform)
    })
    return network
  }

  /** Somebody may have removed it: the next `of` looks again. */
  forget(platform: string): void {
    this.#found.delete(platform)
  }

  /** Those that were found; from now on none is. */
  async take(): Promise<readonly Network[]> {
    const finding = [...this.#found.values()]
    this.#found.clear()
    const found = await Promise.allSettled(finding)
    return found.filter((one) => one.status === 'fulfilled').map(({ value }) => value)
  }
}

/** Name of the network that a platform makes for its containers: for people too, and another one for each platform. */
export function isolatedNetworkName(platform: string, egress: boolean): string {
  const readable = platform.replace(/[^A-Za-z0-9_.-]/g, '_').slice(0, 40)
  const digest = createHash('sha256').update(platform).digest('hex').slice(0, 8)
  return `stemcell-${readable}-${digest}${egress ? '' : '-inside'}`
}
