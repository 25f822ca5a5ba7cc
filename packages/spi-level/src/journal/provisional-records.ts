import type { JournalEntry } from './journal-entry.ts'

interface Provisional {
  readonly owner: string
  readonly text: string
}

/** Records that are kept in case their activations are cut short, by the keys that they would have. */
export class ProvisionalRecords {
  readonly #byKey = new Map<string, Provisional>()
  #bytes = 0

  /** Roughly what the texts weigh. */
  get bytes(): number {
    return this.#bytes
  }

  get isEmpty(): boolean {
    return this.#byKey.size === 0
  }

  has(key: string): boolean {
    return this.#byKey.has(key)
  }

  set(key: string, owner: string, text: string): void {
    this.delete(key)
    this.#byKey.set(key, { owner, text })
    this.#bytes += text.length
  }

  delete(key: string): boolean {
    // Mostly there are none, and a key of which nothing else needs the hash is spared it.
    if (this.isEmpty) return false
    const provisional = this.#byKey.get(key)
    if (!provisional) return false
    this.#bytes -= provisional.text.length
    return this.#byKey.delete(key)
  }

  isOf(owner: string, key: string): boolean {
    return this.#byKey.get(key)?.owner === owner
  }

  /** Texts of all that is of `owner` at the moment each is asked for. */
  *of(owner: string): Generator<string> {
    for (const provisional of [...this.#byKey.entries()].filter(([, { owner: of }]) => of === owner)) {
      const [key, { text }] = provisional
      if (this.#byKey.get(key) === provisional[1]) yield text
    }
  }

  get owners(): string[] {
    return [...new Set(Array.from(this.#byKey.values(), ({ owner }) => owner))]
  }

  keys(): string[] {
    return [...this.#byKey.keys()]
  }

  *entries(): Generator<JournalEntry> {
    for (const { owner, text } of this.#byKey.values()) yield { type: 'provisional', owner, text }
  }
}
