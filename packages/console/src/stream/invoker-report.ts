import type { InvokerPoint, PoolFigures } from '../figures/points.ts'
import type { ContainerChange } from './container-changes.ts'

/** What an invoker tells those who look at it. */
export interface InvokerReport {
  readonly invoker: number
  /** `containers` is all there are: forget others of this invoker. */
  readonly whole: boolean
  readonly containers: readonly ContainerChange[]
  readonly pool: PoolFigures
  /** Those of the last hour when `whole`, else those since the last report. */
  readonly points: readonly InvokerPoint[]
}

export type ReportListener = (report: InvokerReport) => void

/** Where reports come from. */
export interface ReportSource {
  /**
   * Reports come until the returned function is called, a `whole` one of each invoker first. They are for one listener;
   * a source may be watched by one at a time.
   */
  watch(listener: ReportListener): () => void
}
