import {
  compareKeys,
  type KeyRange,
  type SortedBackend,
  type SortedBatch,
  type SortedEntry,
  type SortedRange,
  type SortedValue,
} from '@stemcell/core/sorted-store'

/**
 * Four operations on sorted keys, from which the platform makes all of its stores. Replace the list in memory by your
 * backend; `open` and `close` are where it is connected.
 */
export class MyBackend implements SortedBackend {
  /** True once a batch survives the death of the process; the kit then asks for it. */
  readonly durable = false
  readonly #keys: string[] = []
  readonly #values = new Map<string, SortedValue>()

  async open(): Promise<void> {}

  async close(): Promise<void> {}

  get(key: string): SortedValue | undefined {
    const value = this.#values.get(key)
    return typeof value === 'string' || value === undefined ? value : new Uint8Array(value)
  }

  range({ gte, lt, reverse, skip, limit }: SortedRange): readonly SortedEntry[] {
    const keys = this.#keys.slice(this.#position(gte), Math.max(this.#position(gte), this.#position(lt)))
    if (reverse) keys.reverse()
    return keys.slice(skip, skip + limit).map((key) => [key, this.get(key)!])
  }

  count({ gte, lt }: KeyRange): number {
    return Math.max(0, this.#position(lt) - this.#position(gte))
  }

  batch({ conditions, operations }: SortedBatch): boolean {
    if (conditions.some(({ key, value }) => this.#values.get(key) !== value)) return false
    for (const operation of operations) {
      const { key } = operation
      const position = this.#position(key)
      const isThere = this.#keys[position] === key
      if (operation.type === 'put') {
        if (!isThere) this.#keys.splice(position, 0, key)
        this.#values.set(key, operation.value)
      } else if (isThere) {
        this.#keys.splice(position, 1)
        this.#values.delete(key)
      }
    }
    return true
  }

  /** Where the key is, or would be. */
  #position(key: string): number {
    let [low, high] = [0, this.#keys.length]
    while (low < high) {
      const middle = (low + high) >> 1
      if (compareKeys(this.#keys[middle]!, key) < 0) low = middle + 1
      else high = middle
    }
    return low
  }
}
