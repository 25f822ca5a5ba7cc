/**
 * The containers of one invoker as numbers: a container that is free stays warm for its action until its memory is
 * needed, the least recently used goes first.
 */
export class SyntheticPool {
  #freeMb: number
  /** Idle containers of each action. The action that was used longest ago comes first. */
  readonly #idle = new Map<number, { count: number; readonly memoryMb: number }>()

  constructor(memoryMb: number) {
    this.#freeMb = memoryMb
  }

  /** Takes a container for a run; true when it has to be made. */
  begin(action: number, memoryMb: number): boolean {
    const idle = this.#idle.get(action)
    if (idle) {
      this.#idle.delete(action)
      if (--idle.count > 0) this.#idle.set(action, idle)
      return false
    }
    for (const [other, containers] of this.#idle) {
      while (this.#freeMb < memoryMb && containers.count > 0) {
        containers.count--
        this.#freeMb += containers.memoryMb
      }
      if (containers.count > 0) break
      this.#idle.delete(other)
      if (this.#freeMb >= memoryMb) break
    }
    this.#freeMb -= memoryMb
    return true
  }

  end(action: number, memoryMb: number): void {
    const idle = this.#idle.get(action)
    this.#idle.delete(action)
    this.#idle.set(action, { count: (idle?.count ?? 0) + 1, memoryMb })
  }
}
