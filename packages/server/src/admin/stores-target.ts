import {
  adapterContext,
  AdministrationError,
  isPlatformError,
  PlatformError,
  SubjectAdministration,
  SystemRandom,
  type Adapter,
  type Lifecycle,
} from '@stemcell/core'
import { existsSync } from 'node:fs'
import type { Config } from '../config/config-schema.ts'
import { DataFolder } from '../standalone/data-folder.ts'
import { chosenStores, usesEmbedded } from '../parts/chosen-stores.ts'
import type { AdminTarget } from './admin-target.ts'

/** The stores themselves, each opened when a command first needs it, for use while no server runs. */
export class StoresTarget implements AdminTarget {
  readonly #config: Config
  readonly #create: boolean
  readonly #open = new Map<string, Lifecycle>()
  #chosen: ReturnType<typeof chosenStores> | undefined

  /** @param options `create`: an embedded database that is missing is made. */
  constructor(config: Config, { create = false }: { readonly create?: boolean } = {}) {
    this.#config = config
    this.#create = create
  }

  async administration(): Promise<SubjectAdministration> {
    return new SubjectAdministration(await this.subjects(), { random: new SystemRandom() })
  }

  async subjects(): ReturnType<AdminTarget['subjects']> {
    return this.#opened('subjectStore', (await this.#stores()).subjectStore)
  }

  async entities(): ReturnType<AdminTarget['entities']> {
    return this.#opened('entityStore', (await this.#stores()).entityStore)
  }

  async activations(): ReturnType<AdminTarget['activations']> {
    return this.#opened('activationStore', (await this.#stores()).activationStore)
  }

  async invoker(): Promise<never> {
    throw new AdministrationError('invalid', 'no server runs here: an invoker is asked while it runs')
  }

  async close(): Promise<void> {
    for (const store of this.#open.values()) await store.close()
    this.#open.clear()
  }

  /** @throws ERR_CONFIG there is no data yet: a mistyped folder must not become a new one. */
  #stores(): ReturnType<typeof chosenStores> {
    const data = new DataFolder(this.#config.data)
    if (!this.#create && usesEmbedded(this.#config) && !existsSync(data.store)) {
      const fix = 'name the folder of a server with --data, or start one first'
      throw new PlatformError('ERR_CONFIG', `data folder: ${data.path} holds no server’s data: ${fix}`)
    }
    this.#chosen ??= chosenStores(this.#config, data)
    return this.#chosen
  }

  async #opened<T extends Lifecycle>(part: string, adapter: Adapter<T>): Promise<T> {
    const known = this.#open.get(part)
    if (known) return known as T
    const store = adapter.build(adapterContext())
    try {
      await store.open()
    } catch (cause) {
      if (!isPlatformError(cause)) throw cause
      const note = 'no running server answers administrative commands here; one that is starting or stopping may soon'
      throw new PlatformError(cause.code, `${part}: ${cause.message} (${note})`, { cause })
    }
    this.#open.set(part, store)
    return store
  }
}
