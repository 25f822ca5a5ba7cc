import type { ContainerPhase, ContainerView } from '@stemcell/core'

/** A container that changed since it was told last. */
export interface ContainerChange extends ContainerView {
  /** Phases it went through meanwhile, in order, `phase` last; absent when there was only that. */
  readonly through?: readonly ContainerPhase[]
  /** How often it changed beyond that. */
  readonly more?: number
}

const MAX_THROUGH = 4

interface Pending {
  view: ContainerView
  readonly through: ContainerPhase[]
  more: number
}

/**
 * Changes of containers until somebody takes them. However many there are, what is kept is one entry for each
 * container: of phases that lasted less than the time between two takings, the first few are named, the others counted.
 */
export class ContainerChanges {
  readonly #pending = new Map<number, Pending>()

  add(view: ContainerView): void {
    const known = this.#pending.get(view.id)
    if (!known) {
      this.#pending.set(view.id, { view, through: [view.phase], more: 0 })
      return
    }
    known.view = view
    if (known.through.at(-1) === view.phase) return
    if (known.through.length < MAX_THROUGH) known.through.push(view.phase)
    else known.more++
  }

  get size(): number {
    return this.#pending.size
  }

  take(): readonly ContainerChange[] {
    const changes = [...this.#pending.values()].map(({ view, through, more }) => ({
      ...view,
      ...(through.length > 1 ? { through } : {}),
      ...(more > 0 ? { more } : {}),
    }))
    this.#pending.clear()
    return changes
  }
}
