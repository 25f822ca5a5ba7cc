import {
  adapterContext,
  assemble,
  memoryActivationStore,
  memoryContainers,
  memoryEntityStore,
  memorySubjectStore,
  type AuthKey,
  type Platform,
  type PlatformOptions,
} from '@stemcell/core'
import { alarms } from '@stemcell/alarms'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createConsole, type Console } from '../../src/index.ts'

export const OPERATOR = { username: 'operator', password: 'watches-the-pool' }

/** A path that is taken off, as by a proxy that has the platform below a path of its own. */
export const BELOW = '/below/a/proxy'

/** A platform with its console on a port that stays the same when the platform is restarted. */
export class ServedPlatform {
  readonly #server: Server
  readonly #options: Partial<PlatformOptions>
  #running: { readonly platform: Platform; readonly console: Console } | undefined

  private constructor(server: Server, options: Partial<PlatformOptions>) {
    this.#server = server
    this.#options = options
  }

  static async start(options: Partial<PlatformOptions> = {}): Promise<ServedPlatform> {
    const server = createServer()
    const served = new ServedPlatform(server, {
      entityStore: memoryEntityStore().build(adapterContext()),
      subjectStore: memorySubjectStore().build(adapterContext()),
      activationStore: memoryActivationStore().build(adapterContext()),
      systemPackages: [alarms()],
      limits: { invocationsPerMinute: 1_000_000, concurrentInvocations: 1000, firesPerMinute: 1_000_000 },
      invoker: { userMemoryMb: 4096, maxParallelStarts: 8 },
      ...options,
    })
    server.on('request', (request, response) => {
      if (request.url?.startsWith(BELOW)) request.url = request.url.slice(BELOW.length)
      if (served.#running) served.#running.platform.handler(request, response)
      else request.socket.destroy()
    })
    await served.up()
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    return served
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  get platform(): Platform {
    return this.#running!.platform
  }

  async up(): Promise<void> {
    const console = createConsole({ operator: OPERATOR })
    const platform = await assemble({
      containers: memoryContainers(),
      ...this.#options,
      mounts: [console.mount],
      observers: console.observers,
    })
    console.watch(platform)
    this.#running = { platform, console }
  }

  /** Connections break, and new ones are refused. */
  async down(): Promise<void> {
    const running = this.#running
    this.#running = undefined
    this.#server.closeAllConnections()
    running?.console.close()
    await running?.platform.close()
  }

  async close(): Promise<void> {
    await this.down()
    await new Promise((resolve) => this.#server.close(resolve))
  }
}

export function keyText({ uuid, key }: AuthKey): string {
  return `${uuid}:${key}`
}
