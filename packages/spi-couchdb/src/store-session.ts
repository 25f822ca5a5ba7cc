import { PlatformError, type AdapterContext, type Lifecycle } from '@stemcell/core'
import type { CouchSettings } from './couch-stores-options.ts'
import type { DatabaseDesign } from './design/database-design.ts'
import { prepareDatabase } from './design/prepare-database.ts'
import { CouchClient } from './http/couch-client.ts'
import { toPlatformError } from './http/couch-error.ts'
import { Database } from './http/database.ts'

const ignore = (): void => undefined

export interface SessionParts {
  readonly settings: CouchSettings
  readonly context: AdapterContext
  readonly database: string
  readonly design: DatabaseDesign
  /** What else must be done after opening, and before closing. */
  readonly opened?: (database: Database) => Promise<void>
  readonly closing?: (database: Database) => Promise<void>
}

/** A store's use of its database: prepares it, counts what runs, and ends the connections. */
export class StoreSession implements Lifecycle {
  readonly #parts: SessionParts
  #open: { readonly client: CouchClient; readonly database: Database } | undefined
  #running = 0
  #whenIdle: (() => void) | undefined
  #transition: Promise<void> = Promise.resolve()
  #opening: Promise<void> | undefined
  #closing: Promise<void> | undefined

  constructor(parts: SessionParts) {
    this.#parts = parts
  }

  open(): Promise<void> {
    this.#closing = undefined
    this.#opening ??= this.#after(
      () => this.#connect(),
      () => (this.#opening = undefined),
    )
    return this.#opening
  }

  close(): Promise<void> {
    this.#opening = undefined
    this.#closing ??= this.#after(
      () => this.#disconnect(),
      () => (this.#closing = undefined),
    )
    return this.#closing
  }

  /** Runs `operation`; `close` waits for it. @throws ERR_CLOSED not open. */
  async run<T>(operation: (database: Database) => Promise<T>): Promise<T> {
    const open = this.#open
    if (!open) throw new PlatformError('ERR_CLOSED', `the store of database '${this.#parts.database}' is not open`)
    this.#running++
    try {
      return await operation(open.database)
    } catch (error) {
      throw toPlatformError(error, open.client.nodes[0]!.origin)
    } finally {
      if (--this.#running === 0) this.#whenIdle?.()
    }
  }

  async #connect(): Promise<void> {
    if (this.#open) return
    const { settings, context, database: name, design, opened } = this.#parts
    const client = new CouchClient(settings, context)
    try {
      await prepareDatabase(client, { name, design, readonlyDesign: settings.readonlyDesign, logger: context.logger })
      const database = new Database(client, name)
      await opened?.(database)
      this.#open = { client, database }
    } catch (error) {
      await client.close()
      throw error
    }
  }

  async #disconnect(): Promise<void> {
    const open = this.#open
    if (!open) return
    this.#open = undefined
    if (this.#running > 0) await new Promise<void>((resolve) => (this.#whenIdle = resolve))
    open.client.giveUp()
    await this.#parts.closing?.(open.database)
    await open.client.close()
  }

  /** Opening and closing run one after the other, in the order they were asked for. */
  #after(step: () => Promise<void>, done: () => void): Promise<void> {
    const current = this.#transition.then(step)
    this.#transition = current.then(ignore, ignore)
    const forget = (): void => {
      if (this.#opening === current || this.#closing === current) done()
    }
    void current.then(forget, forget)
    return current
  }
}
