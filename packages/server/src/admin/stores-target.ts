import {
  adapterContext,
  AdministrationError,
  announceSubjectChanges,
  isPlatformError,
  PlatformError,
  SubjectAdministration,
  SystemRandom,
  type Adapter,
  type Lifecycle,
  type Queue,
  type SubjectChange,
} from '@stemcell/core'
import { repairLevelStores, type RepairReport } from '@stemcell/spi-level'
import { existsSync } from 'node:fs'
import type { Config } from '../config/config-schema.ts'
import { loadAdapter } from '../config/load-adapter.ts'
import { DataFolder } from '../standalone/data-folder.ts'
import { chosenStores, usesEmbedded } from '../parts/chosen-stores.ts'
import type { AdminTarget } from './admin-target.ts'

/** The stores themselves, each opened when a command first needs it, for use while no server runs. */
export class StoresTarget implements AdminTarget {
  readonly #config: Config
  readonly #create: boolean
  readonly #open = new Map<string, Lifecycle>()
  readonly #changes: SubjectChange[] = []
  #chosen: ReturnType<typeof chosenStores> | undefined

  /** @param options `create`: an embedded database that is missing is made. */
  constructor(config: Config, { create = false }: { readonly create?: boolean } = {}) {
    this.#config = config
    this.#create = create
  }

  async administration(): Promise<SubjectAdministration> {
    return new SubjectAdministration(await this.subjects(), {
      random: new SystemRandom(),
      onChange: (changed) => this.subjectsChanged(changed),
    })
  }

  subjectsChanged(changed: SubjectChange): void {
    this.#changes.push(changed)
  }

  /**
   * Tells the controllers of the cluster, if the configuration is that of one, what was changed.
   * @throws ERR_UNAVAILABLE they were not told.
   */
  async announce(): Promise<void> {
    const changes = this.#changes.splice(0)
    if (changes.length === 0 || !this.#config.queue) return
    const adapter = await loadAdapter<Queue>('queue', this.#config.queue)
    const queue = adapter.build(adapterContext())
    try {
      await queue.open()
      await announceSubjectChanges(queue, changes)
    } catch (cause) {
      if (!isPlatformError(cause)) throw cause
      const note = 'the change is stored, but controllers were not told of it, and see it within five minutes'
      throw new PlatformError(cause.code, `${note}: queue: ${cause.message}`, { cause })
    } finally {
      await queue.close()
    }
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

  async repairEmbedded(): Promise<RepairReport> {
    if (!usesEmbedded(this.#config)) {
      const fix = 'repair the database that it names with the tools of its own'
      throw new AdministrationError('invalid', `the configuration uses no embedded database: ${fix}`)
    }
    return repairLevelStores({ dir: this.#dataThatExists().store })
  }

  async invoker(): Promise<never> {
    throw new AdministrationError('invalid', 'no server runs here: an invoker is asked while it runs')
  }

  async close(): Promise<void> {
    for (const store of this.#open.values()) await store.close()
    this.#open.clear()
  }

  #stores(): ReturnType<typeof chosenStores> {
    const isMade = this.#create || !usesEmbedded(this.#config)
    this.#chosen ??= chosenStores(this.#config, isMade ? new DataFolder(this.#config.data) : this.#dataThatExists())
    return this.#chosen
  }

  /** @throws ERR_CONFIG there is no data yet: a mistyped folder must not become a new one. */
  #dataThatExists(): DataFolder {
    const data = new DataFolder(this.#config.data)
    if (existsSync(data.store)) return data
    const fix = 'name the folder of a server with --data, or make one with stemcell admin db init'
    throw new PlatformError('ERR_CONFIG', `data folder: ${data.path} holds no server’s data: ${fix}`)
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
