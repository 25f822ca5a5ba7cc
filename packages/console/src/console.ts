import {
  SystemClock,
  type Clock,
  type ControllerObserver,
  type Invoker,
  type InvokerObserver,
  type Logger,
  type Mount,
  type Queue,
} from '@stemcell/core'
import { RelayedReports } from './relay/relayed-reports.ts'
import { ControllerFigures } from './figures/controller-figures.ts'
import { InvokerFigures } from './figures/invoker-figures.ts'
import type { OperatorCredentials } from './serving/operator-credentials.ts'
import { CONSOLE_PATH, serveConsole } from './serving/serve-console.ts'
import type { ReportSource } from './stream/invoker-report.ts'
import { InvokerReporter } from './stream/invoker-reporter.ts'
import { OperatorHub, type WatchedController } from './stream/operator-hub.ts'

export interface ConsoleOptions {
  /** Who may see the operator's page and its stream. Default: nobody, and there is no such page. */
  readonly operator?: OperatorCredentials | undefined
  /** Default: the host's. */
  readonly clock?: Clock
  /** Shown to whoever opens the console, e.g. `0.1.0`. */
  readonly version?: string
}

/** What a console looks at, once it is there. */
export interface Watched {
  readonly controller: WatchedController
  /** The invoker in the same process, if there is one. */
  readonly invoker?: Pick<Invoker, 'instance' | 'watchContainers'>
  /** The queue over which invokers of other processes report, and a log for when that fails. */
  readonly cluster?: { readonly queue: Queue; readonly logger: Logger }
}

/** The console of a controller: a page at `/console`, which uses the REST API, and the operator stream. */
export interface Console {
  /** For `mounts` of `assemble()`. */
  readonly mount: Mount
  /** For `observers` of `assemble()`. */
  readonly observers: { readonly controller: ControllerObserver; readonly invoker: InvokerObserver }
  /** From now on the operator stream has something to tell. */
  watch(watched: Watched): void
  /** Ends every stream. Call it before the platform is closed. */
  close(): void
}

/**
 * Makes a console. Its page needs nothing but the REST API of the same server; whoever opens it signs in with a key of
 * a namespace.
 */
export function createConsole({ operator, clock = new SystemClock(), version = '' }: ConsoleOptions = {}): Console {
  const controllerFigures = new ControllerFigures(clock)
  const invokerFigures = new InvokerFigures(clock)
  let hub: OperatorHub | undefined
  const handle = serveConsole({
    hub: () => hub,
    operator,
    settings: { version, operator: operator !== undefined },
  })
  return {
    mount: { path: CONSOLE_PATH, handle },
    observers: { controller: controllerFigures.observer, invoker: invokerFigures.observer },
    watch({ controller, invoker, cluster }) {
      const others: ReportSource[] = cluster
        ? [new RelayedReports({ ...cluster, controller: controller.id, clock })]
        : []
      const own = invoker ? [new InvokerReporter(invoker, invokerFigures, clock)] : []
      hub = new OperatorHub({
        controller: () => controller,
        figures: controllerFigures,
        sources: [...own, ...others],
        clock,
        version,
      })
    },
    close() {
      hub?.close()
      hub = undefined
    },
  }
}
