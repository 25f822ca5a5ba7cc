import type { Api } from '../server/api.ts'
import type { ActivationRecord } from '../server/activation.ts'

/** Records appear when an activation ends, under the time at which it began: so long ago it may have been. */
const LONGEST_MS = 300_000
const RECENT_MS = 2_000
const LOOK_BACK_EVERY = 20
const PAGE = 200

/** Activations as they end, each once. */
export class ActivationFeed {
  readonly #api: Api
  readonly #name: string | undefined
  readonly #seen = new Map<string, number>()
  readonly #from: number
  #latest: number
  #polls = 0

  /** Of one action, when it is named. Those that began before `from`, in ms, are passed over. */
  constructor(api: Api, from: number, name?: string) {
    this.#api = api
    this.#from = from
    this.#latest = from
    this.#name = name
  }

  /** What has ended since it was asked last, oldest first. @throws ApiError */
  async next(): Promise<ActivationRecord[]> {
    const window = this.#polls++ % LOOK_BACK_EVERY === 0 ? LONGEST_MS : RECENT_MS
    const since = Math.max(this.#from, this.#latest - window)
    const found: ActivationRecord[] = []
    for (let skip = 0; ; skip += PAGE) {
      const page = await this.#api.request<ActivationRecord[]>('GET', 'namespaces/_/activations', {
        qs: { docs: true, since, limit: PAGE, skip, ...(this.#name !== undefined && { name: this.#name }) },
      })
      const fresh = page.filter(({ activationId }) => !this.#seen.has(activationId))
      for (const record of fresh) this.#seen.set(record.activationId, record.start)
      found.push(...fresh)
      if (page.length < PAGE || fresh.length === 0) break
    }
    for (const { start } of found) this.#latest = Math.max(this.#latest, start)
    for (const [id, start] of this.#seen) if (start < this.#latest - 2 * LONGEST_MS) this.#seen.delete(id)
    return found.toSorted((a, b) => a.start - b.start)
  }
}
