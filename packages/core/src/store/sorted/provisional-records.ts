import type { BackendSession } from './backend-session.ts'
import { behind, type KeySpace } from './key-space.ts'
import type { SortedCondition, SortedOperation } from './sorted-backend.ts'

const PAGE = 100

export interface ProvisionalRecord {
  /** Namespace and id of its activation. */
  readonly id: string
  /** As it was given. */
  readonly text: string
}

/**
 * Records that are kept in case an activation is cut short: each under its owner, and under its activation the owner
 * alone. Batches that change either are made on condition that the activation still has the same owner.
 */
export class ProvisionalRecords {
  readonly #session: BackendSession
  readonly #keys: KeySpace

  constructor(session: BackendSession, keys: KeySpace) {
    this.#session = session
    this.#keys = keys
  }

  /** Keeps `text` instead of what was kept of the activation; no effect where there is a record under `record`. */
  async put(owner: string, id: string, text: string, record: string): Promise<void> {
    for (;;) {
      const before = await this.ownerOf(id)
      const operations: SortedOperation[] = [
        { type: 'put', key: this.#keys.provisional(id), value: JSON.stringify(owner) },
        { type: 'put', key: this.#keys.owned(owner, id), value: text },
      ]
      if (before !== undefined && before !== owner) operations.push({ type: 'del', key: this.#keys.owned(before, id) })
      const conditions = [this.ownedBy(before, id), { key: record, value: undefined }]
      if (await this.#session.batch({ conditions, operations })) return
      if ((await this.#session.get(record)) !== undefined) return
    }
  }

  async discard(owner: string, id: string): Promise<void> {
    while ((await this.ownerOf(id)) === owner) {
      const conditions = [this.ownedBy(owner, id)]
      if (await this.#session.batch({ conditions, operations: this.removal(owner, id) })) return
    }
  }

  /** Whose record is kept of the activation. */
  async ownerOf(id: string): Promise<string | undefined> {
    const owner = await this.#session.get(this.#keys.provisional(id))
    return typeof owner === 'string' ? (JSON.parse(owner) as string) : undefined
  }

  ownedBy(owner: string | undefined, id: string): SortedCondition {
    return { key: this.#keys.provisional(id), value: owner === undefined ? undefined : JSON.stringify(owner) }
  }

  removal(owner: string | undefined, id: string): SortedOperation[] {
    if (owner === undefined) return []
    return [
      { type: 'del', key: this.#keys.provisional(id) },
      { type: 'del', key: this.#keys.owned(owner, id) },
    ]
  }

  /** All that `owner` has put, page by page. */
  async *of(owner: string): AsyncGenerator<ProvisionalRecord, void, undefined> {
    const { gte, lt } = this.#keys.allOwnedBy(owner)
    for (let from = gte; ;) {
      const page = await this.#session.range({ gte: from, lt, limit: PAGE })
      for (const [key, text] of page) {
        if (typeof text === 'string') yield { id: this.#keys.ownedId(key), text }
        from = behind(key)
      }
      if (page.length < PAGE) return
    }
  }

  async owners(): Promise<readonly string[]> {
    const owners: string[] = []
    const { gte, lt } = this.#keys.all('owned')
    for (let from = gte; ;) {
      const [first] = await this.#session.range({ gte: from, lt, limit: 1 })
      if (!first) return owners
      const owner = this.#keys.ownerOf(first[0])
      owners.push(owner)
      from = this.#keys.allOwnedBy(owner).lt
    }
  }
}
