/**
 * What this process knows of the places that it holds: the truth when Redis and it disagree. A namespace of which an
 * outcome is unknown is told anew once nothing of it is under way.
 */
export class PlaceLedger {
  readonly #held = new Map<string, number>()
  readonly #underWay = new Map<string, number>()
  readonly #doubtful = new Set<string>()

  get(namespace: string): number {
    return this.#held.get(namespace) ?? 0
  }

  add(namespace: string, places: number): void {
    adjust(this.#held, namespace, places)
  }

  began(namespace: string): void {
    adjust(this.#underWay, namespace, 1)
  }

  ended(namespace: string): void {
    adjust(this.#underWay, namespace, -1)
  }

  doubt(namespace: string): void {
    this.#doubtful.add(namespace)
  }

  /** Redis has forgotten this process. */
  doubtAll(): void {
    for (const namespace of this.#held.keys()) this.#doubtful.add(namespace)
  }

  /** Takes up to `most` of what must be told anew and may be: namespaces and the places held. */
  takeDoubts(most: number): readonly (readonly [namespace: string, places: number])[] {
    const settled = [...this.#doubtful].filter((namespace) => !this.#underWay.has(namespace)).slice(0, most)
    for (const namespace of settled) this.#doubtful.delete(namespace)
    return settled.map((namespace) => [namespace, this.get(namespace)])
  }

  clear(): void {
    this.#held.clear()
    this.#doubtful.clear()
  }
}

function adjust(counts: Map<string, number>, name: string, by: number): void {
  const count = (counts.get(name) ?? 0) + by
  if (count > 0) counts.set(name, count)
  else counts.delete(name)
}
