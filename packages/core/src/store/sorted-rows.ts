/** Where a row stands: by `order`, then by `id`, then by `place`, its number among the rows of one document. */
export interface RowPosition {
  readonly order: number
  readonly id: string
  readonly place: number
}

export interface RowWindow {
  readonly from?: number | undefined
  readonly to?: number | undefined
  readonly descending?: boolean | undefined
  readonly skip?: number | undefined
  readonly limit?: number | undefined
}

/** The rows of one index partition, kept in order. Finding is O(log n); adding at the end, the usual case, is O(1). */
export class SortedRows<R extends RowPosition> {
  readonly #rows: R[] = []

  get size(): number {
    return this.#rows.length
  }

  add(row: R): void {
    this.#rows.splice(this.#firstNotBefore(row), 0, row)
  }

  remove(position: RowPosition): void {
    const index = this.#firstNotBefore(position)
    const row = this.#rows[index]
    if (row && compare(row, position) === 0) this.#rows.splice(index, 1)
  }

  /** The `count` rows that come first. */
  first(count: number): readonly R[] {
    return this.#rows.slice(0, count)
  }

  slice({ from, to, descending = false, skip = 0, limit = Number.MAX_SAFE_INTEGER }: RowWindow): readonly R[] {
    const [start, end] = this.#range(from, to)
    return descending
      ? this.#rows.slice(Math.max(start, end - skip - limit), Math.max(start, end - skip)).reverse()
      : this.#rows.slice(Math.min(end, start + skip), Math.min(end, start + skip + limit))
  }

  count(from: number | undefined, to: number | undefined): number {
    const [start, end] = this.#range(from, to)
    return end - start
  }

  #range(from = 0, to = Number.MAX_SAFE_INTEGER): [number, number] {
    const start = this.#search((row) => row.order < from)
    return [
      start,
      Math.max(
        start,
        this.#search((row) => row.order <= to),
      ),
    ]
  }

  #firstNotBefore(position: RowPosition): number {
    const last = this.#rows.at(-1)
    if (!last || compare(last, position) < 0) return this.#rows.length
    return this.#search((row) => compare(row, position) < 0)
  }

  /** Index of the first row for which `isBefore` no longer holds. */
  #search(isBefore: (row: R) => boolean): number {
    let low = 0
    let high = this.#rows.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (isBefore(this.#rows[middle]!)) low = middle + 1
      else high = middle
    }
    return low
  }
}

function compare(a: RowPosition, b: RowPosition): number {
  if (a.order !== b.order) return a.order - b.order
  if (a.id !== b.id) return a.id < b.id ? -1 : 1
  return a.place - b.place
}
