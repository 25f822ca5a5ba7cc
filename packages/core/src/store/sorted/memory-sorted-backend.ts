import {
  compareKeys,
  type KeyRange,
  type SortedBackend,
  type SortedBatch,
  type SortedEntry,
  type SortedRange,
  type SortedValue,
} from './sorted-backend.ts'

/** The reference implementation. What is in it stays while it is closed, and is gone with the process. */
export class MemorySortedBackend implements SortedBackend {
  readonly durable = false
  readonly #values = new Map<string, SortedValue>()
  readonly #keys: string[] = []

  async open(): Promise<void> {}

  async close(): Promise<void> {}

  get(key: string): SortedValue | undefined {
    const value = this.#values.get(key)
    return value === undefined ? undefined : copyOf(value)
  }

  range({ reverse, skip, limit, ...range }: SortedRange): readonly SortedEntry[] {
    const [start, end] = this.#bounds(range)
    const keys = reverse
      ? this.#keys.slice(Math.max(start, end - skip - limit), Math.max(start, end - skip)).reverse()
      : this.#keys.slice(Math.min(end, start + skip), Math.min(end, start + skip + limit))
    return keys.map((key): SortedEntry => [key, copyOf(this.#values.get(key)!)])
  }

  count(range: KeyRange): number {
    const [start, end] = this.#bounds(range)
    return end - start
  }

  batch({ conditions, operations }: SortedBatch): boolean {
    if (conditions.some(({ key, value }) => this.#values.get(key) !== value)) return false
    for (const operation of operations) {
      const { key } = operation
      if (operation.type === 'put') {
        if (!this.#values.has(key)) this.#keys.splice(this.#firstFrom(key), 0, key)
        this.#values.set(key, operation.value)
      } else if (this.#values.delete(key)) {
        this.#keys.splice(this.#firstFrom(key), 1)
      }
    }
    return true
  }

  #bounds({ gte, lt }: KeyRange): [number, number] {
    const start = this.#firstFrom(gte)
    return [start, Math.max(start, this.#firstFrom(lt))]
  }

  /** Where the first key that is not before `key` stands. */
  #firstFrom(key: string): number {
    let low = 0
    let high = this.#keys.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (compareKeys(this.#keys[middle]!, key) < 0) low = middle + 1
      else high = middle
    }
    return low
  }
}

function copyOf(value: SortedValue): SortedValue {
  return typeof value === 'string' ? value : new Uint8Array(value)
}
