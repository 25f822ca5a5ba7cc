import type { Logger } from '../../log.ts'
import { firstFault } from '../../plug-in/first-fault.ts'
import { guardedListener } from '../../plug-in/guarded-listener.ts'
import type { ContainerListener, ContainerPhase, ContainerView } from '../parts/container-view.ts'
import type { ContainerProxy } from '../proxy/container-proxy.ts'
import type { ContainerState } from '../proxy/container-states.ts'

const PHASES: Readonly<Record<ContainerState, ContainerPhase>> = {
  creating: 'starting',
  'creating-stem': 'starting',
  stem: 'stem',
  initialising: 'initialising',
  busy: 'hot',
  idle: 'idle',
  suspending: 'suspended',
  recalled: 'suspended',
  suspended: 'suspended',
  resuming: 'suspended',
  draining: 'leaving',
  removing: 'leaving',
  gone: 'gone',
}

/** Who looks at the containers of an invoker. While nobody does, a change costs one comparison. */
export class ContainerWatch {
  readonly #logger: Logger
  readonly #listeners = new Map<symbol, ContainerListener>()
  #watched = false

  constructor(logger: Logger) {
    this.#logger = logger
  }

  /** Begins with what there is. Returns how to stop. A listener that throws is logged once and changes nothing. */
  add(listener: ContainerListener, present: readonly ContainerView[]): () => void {
    const key = Symbol('listener')
    const guarded = guardedListener(listener, firstFault(this.#logger, 'container listener'))
    for (const view of present) guarded(view)
    this.#listeners.set(key, guarded)
    this.#watched = true
    return () => {
      this.#listeners.delete(key)
      this.#watched = this.#listeners.size > 0
    }
  }

  changed(proxy: ContainerProxy): void {
    if (!this.#watched) return
    const view = viewOf(proxy)
    for (const listener of this.#listeners.values()) listener(view)
  }
}

export function viewOf({ number, state, owner, stemKey, memoryMb, active }: ContainerProxy): ContainerView {
  return {
    id: number,
    phase: PHASES[state],
    memoryMb,
    active,
    ...(owner ? { of: owner } : stemKey === undefined ? {} : { stemKind: stemKey.slice(0, stemKey.lastIndexOf('\n')) }),
  }
}
