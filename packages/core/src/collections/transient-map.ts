const FIRST_SLOTS = 64

/**
 * A map for what comes and goes with every request. A `Map` that things are added to and deleted from makes a new table
 * every so often, and each table refers to the one after it: as soon as one of them is old, all that follow, and whatever was in
 * them at that moment, are copied by the garbage collector although nobody needs them any more. This one has a table of open
 * addresses: what is deleted leaves nothing behind.
 *
 * Keys are spread by their last characters: they are random ids, or numbers that count up.
 */
export class TransientMap<K extends string | number, V> {
  #keys: (K | undefined)[] = emptySlots<K>(FIRST_SLOTS)
  #values: (V | undefined)[] = emptySlots<V>(FIRST_SLOTS)
  #size = 0

  get size(): number {
    return this.#size
  }

  get(key: K): V | undefined {
    return this.#values[this.#slotOf(key)]
  }

  has(key: K): boolean {
    return this.#keys[this.#slotOf(key)] !== undefined
  }

  set(key: K, value: V): void {
    // Half empty, so that searches are short.
    if (this.#size * 2 >= this.#keys.length) this.#grow()
    const slot = this.#slotOf(key)
    if (this.#keys[slot] === undefined) this.#size++
    this.#keys[slot] = key
    this.#values[slot] = value
  }

  delete(key: K): boolean {
    const keys = this.#keys
    const values = this.#values
    const last = keys.length - 1
    let hole = this.#slotOf(key)
    if (keys[hole] === undefined) return false
    this.#size--
    // What was put further on because of it moves up, so that every search still ends at the first empty slot.
    for (let slot = (hole + 1) & last; keys[slot] !== undefined; slot = (slot + 1) & last) {
      const home = hashOf(keys[slot]!) & last
      if (((slot - home) & last) < ((slot - hole) & last)) continue
      keys[hole] = keys[slot]
      values[hole] = values[slot]
      hole = slot
    }
    keys[hole] = undefined
    values[hole] = undefined
    return true
  }

  /** Keeps its table, so that filling it again moves nothing. */
  clear(): void {
    this.#keys.fill(undefined)
    this.#values.fill(undefined)
    this.#size = 0
  }

  /** In no order. What is added or deleted meanwhile may be missed, or met twice: take a copy first. */
  values(): V[] {
    return this.#values.filter((_, slot) => this.#keys[slot] !== undefined) as V[]
  }

  /** The slot of the key, or the empty one where it would be. */
  #slotOf(key: K): number {
    const keys = this.#keys
    const last = keys.length - 1
    let slot = hashOf(key) & last
    while (keys[slot] !== undefined && keys[slot] !== key) slot = (slot + 1) & last
    return slot
  }

  #grow(): void {
    const keys = this.#keys
    const values = this.#values
    this.#keys = emptySlots<K>(keys.length * 2)
    this.#values = emptySlots<V>(keys.length * 2)
    for (let from = 0; from < keys.length; from++) {
      const key = keys[from]
      if (key === undefined) continue
      const slot = this.#slotOf(key)
      this.#keys[slot] = key
      this.#values[slot] = values[from]
    }
  }
}

function emptySlots<T>(count: number): (T | undefined)[] {
  return Array<T | undefined>(count).fill(undefined)
}

function hashOf(key: string | number): number {
  if (typeof key === 'number') return key
  let hash = key.length
  for (let at = Math.max(0, key.length - 8); at < key.length; at++) hash = (hash * 31 + key.charCodeAt(at)) | 0
  return hash ^ (hash >>> 15)
}
