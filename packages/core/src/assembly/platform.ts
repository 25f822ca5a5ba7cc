import type { DependencyContainer } from 'tsyringe'
import { PlatformError } from '../errors.ts'
import type { Invoker } from '../invoker/invoker.ts'
import { ControllerNode } from './controller-node.ts'
import type { Engines } from './engines.ts'
import type { Opening, OpenParts } from './open-in-order.ts'

/** How long the controller may take to hear of the invoker in the same process: groups of some queues form slowly, ms. */
const HEARD_WITHIN_MS = 30_000

/** A running platform: a controller and an invoker in one process. */
export class Platform extends ControllerNode {
  /** Once the platform is closed, what it is asked for is ERR_CLOSED. */
  readonly invoker: Invoker

  /** Use `assemble`. */
  constructor(
    container: DependencyContainer,
    parts: OpenParts,
    engines: Engines,
    apiHost: string | undefined,
    onClosed: () => void,
  ) {
    super(container, parts, engines, false, apiHost, onClosed)
    this.invoker = engines.invoker(engines.instance(0), () => apiHost ?? this.url ?? '')
  }

  protected override get besides(): readonly Opening[] {
    const { invoker, controller } = this
    return [
      { name: 'invoker', open: () => invoker.open(), close: () => invoker.close() },
      {
        name: 'queue',
        async open() {
          if (await controller.hasInvoker(HEARD_WITHIN_MS)) return
          const seconds = HEARD_WITHIN_MS / 1000
          throw new PlatformError(
            'ERR_UNAVAILABLE',
            `the controller did not hear of the invoker within ${seconds} s: what is published does not arrive, look at the queue's backend`,
          )
        },
        close: () => Promise.resolve(),
      },
    ]
  }
}
