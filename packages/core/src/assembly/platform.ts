import type { DependencyContainer } from 'tsyringe'
import type { Invoker } from '../invoker/invoker.ts'
import { ControllerNode } from './controller-node.ts'
import type { Engines } from './engines.ts'
import type { Opening, OpenParts } from './open-in-order.ts'

/** A running platform: a controller and an invoker in one process. */
export class Platform extends ControllerNode {
  readonly invoker: Invoker

  /** Use `assemble`. */
  constructor(container: DependencyContainer, parts: OpenParts, engines: Engines, apiHost: string | undefined) {
    super(container, parts, engines, false)
    this.invoker = engines.invoker(engines.instance(0), () => apiHost ?? this.url ?? '')
  }

  protected override get besides(): readonly Opening[] {
    const { invoker } = this
    return [{ name: 'invoker', open: () => invoker.open(), close: () => invoker.close() }]
  }
}
