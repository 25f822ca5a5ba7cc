import { adapterContext, isPlatformError, type ActivationStore, type EntityStore, type Lifecycle } from '@stemcell/core'
import { couchStores, type CouchStoresOptions } from '@stemcell/spi-couchdb'
import { afterAll, afterEach, beforeEach, expect } from 'vitest'
import { FaultProxy } from './fault-proxy.ts'
import { listeningLogger } from './listening-logger.ts'
import { TestServer } from './test-server.ts'

export const ACTION = { namespace: 'ns', name: 'a', updated: 1, exec: { kind: 'x', code: 'c' }, entityType: 'action' }

/** Stores of one test, with a proxy between them and the server. */
export class StoresBehindProxy {
  readonly server: TestServer
  readonly logger = listeningLogger()
  readonly #address: string
  readonly #opened: Lifecycle[] = []
  readonly #proxies: FaultProxy[] = []
  #proxy: FaultProxy | undefined
  databases: ReturnType<TestServer['databases']>

  private constructor(address: string) {
    this.#address = address
    this.server = new TestServer(address)
    this.databases = this.server.databases()
  }

  /** For each test of a suite anew. Afterwards nothing that was logged may have the password in it. */
  static use(address: string): StoresBehindProxy {
    const stores = new StoresBehindProxy(address)
    beforeEach(async () => {
      stores.#proxy = await stores.start()
      stores.databases = stores.server.databases()
      stores.logger.lines.length = 0
    })
    afterEach(() => stores.#clean())
    afterAll(() => stores.server.drop())
    return stores
  }

  get proxy(): FaultProxy {
    if (!this.#proxy) throw new Error('there is a proxy only during a test')
    return this.#proxy
  }

  /** Another proxy. */
  async start(options: { readonly tls?: boolean } = {}): Promise<FaultProxy> {
    const started = await FaultProxy.start(this.#address, options)
    this.#proxies.push(started)
    return started
  }

  readonly entities = async (options: Partial<CouchStoresOptions> = {}): Promise<EntityStore> =>
    this.#open(couchStores(this.#options(options)).entityStore.build(adapterContext(this.logger)))

  readonly activations = async (options: Partial<CouchStoresOptions> = {}): Promise<ActivationStore> =>
    this.#open(couchStores(this.#options(options)).activationStore.build(adapterContext(this.logger)))

  #options(options: Partial<CouchStoresOptions>): CouchStoresOptions {
    return { url: this.proxy.url, databases: this.databases, retries: 1, ...options }
  }

  async #open<S extends Lifecycle>(store: S): Promise<S> {
    await store.open()
    this.#opened.push(store)
    return store
  }

  async #clean(): Promise<void> {
    for (const store of this.#opened.splice(0)) await store.close()
    for (const each of this.#proxies.splice(0)) await each.down()
    await this.server.drop(Object.values(this.databases))
    const { username, password } = new URL(this.#address)
    const basic = Buffer.from(decodeURIComponent(`${username}:${password}`)).toString('base64')
    const secrets = this.logger.lines.filter((line) => line.includes(`:${password}@`) || line.includes(basic))
    expect(secrets).toEqual([])
  }
}

/** Code and message of the error that the action ends with, which must be one of the platform. */
export async function refusal(action: () => Promise<unknown>): Promise<string> {
  try {
    await action()
  } catch (error) {
    expect(isPlatformError(error), String(error)).toBe(true)
    if (isPlatformError(error)) return `${error.code} ${error.message}`
  }
  throw new Error('not refused')
}
