import type { Clock, ContainerView, Invoker, Timer } from '@stemcell/core'
import type { InvokerFigures } from '../figures/invoker-figures.ts'
import { ContainerChanges } from './container-changes.ts'
import type { ReportListener, ReportSource } from './invoker-report.ts'

/** Time between two reports, ms. */
export const REPORT_MS = 250

/** Reports of an invoker in this process. */
export class InvokerReporter implements ReportSource {
  readonly #invoker: Pick<Invoker, 'instance' | 'watchContainers'>
  readonly #figures: InvokerFigures
  readonly #clock: Clock

  constructor(invoker: Pick<Invoker, 'instance' | 'watchContainers'>, figures: InvokerFigures, clock: Clock) {
    this.#invoker = invoker
    this.#figures = figures
    this.#clock = clock
  }

  watch(listener: ReportListener): () => void {
    const changes = new ContainerChanges()
    const stopWatching = this.#invoker.watchContainers((view: ContainerView) => changes.add(view))
    const { id: invoker } = this.#invoker.instance
    let timer: Timer
    let latest = 0
    const report = (whole: boolean): void => {
      const points = this.#figures.points().filter(({ at }) => at >= latest)
      latest = points.at(-1)?.at ?? latest
      listener({ invoker, whole, containers: changes.take(), pool: this.#figures.pool, points })
    }
    const tick = (): void => {
      report(false)
      timer = this.#clock.setTimer(REPORT_MS, tick)
    }
    report(true)
    timer = this.#clock.setTimer(REPORT_MS, tick)
    return () => {
      stopWatching()
      timer.cancel()
    }
  }
}
