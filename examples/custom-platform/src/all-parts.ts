import { utils } from '@stemcell/catalog'
import {
  assemble,
  localRateLimiter,
  memoryQueue,
  shardingBalancer,
  staticAuth,
  type IdleContainer,
  type Logger,
  type LogStore,
  type Platform,
  type PoolPolicy,
} from '@stemcell/core'
import { prometheusMetrics } from '@stemcell/metrics-prometheus'
import { levelStores } from '@stemcell/spi-level'
import { processContainers } from '@stemcell/spi-process'

export interface AllPartsOptions {
  readonly data: string
  /** `UUID:KEY` of namespace `staff`; the only caller there is. */
  readonly key: string
  readonly logger: Logger
}

/** A platform that leaves no part to its default. Each may be an adapter, or an object that keeps the contract. */
export function assembleAllParts({ data, key, logger }: AllPartsOptions): Promise<Platform> {
  const metrics = prometheusMetrics({ logger })
  const { entityStore, subjectStore, activationStore } = levelStores({ dir: `${data}/store` })
  return assemble({
    entityStore,
    subjectStore,
    activationStore,
    queue: memoryQueue({ maxBodyBytes: 8 * 1024 ** 2 }),
    auth: staticAuth([{ namespace: 'staff', auth: key }]),
    loadBalancer: shardingBalancer(),
    rateLimiter: localRateLimiter(),
    containers: processContainers({ dir: `${data}/run` }),
    logStore: new LoggedLines(logger),
    poolPolicy: KEEP_FOR_A_MINUTE,
    systemPackages: [utils()],
    observers: metrics.observers,
    routes: [metrics.route],
    logger,
  })
}

/** Lines of actions go where the platform's own go, and stay in the record, too. */
class LoggedLines implements LogStore {
  readonly capabilities = { collects: true }
  readonly #logger: Logger

  constructor(logger: Logger) {
    this.#logger = logger.child({ from: 'actions' })
  }

  async open(): Promise<void> {}

  async close(): Promise<void> {}

  keep: LogStore['keep'] = ({ activationId, name }, _user, lines) => {
    for (const line of lines) this.#logger.info({ activationId, action: name }, line)
    return lines
  }

  fetch: LogStore['fetch'] = async (_activationId, activation) => activation?.logs
}

const KEEP_FOR_A_MINUTE: PoolPolicy = {
  keepAlive: () => ({ suspendAfterMs: 10_000, destroyAfterMs: 50_000 }),
  victim: firstOf,
  reuseWait: ({ startMs }) => startMs,
  stemCells: ({ initialCount }) => initialCount,
}

/** The one that is idle the longest. */
function firstOf(idle: Iterable<IdleContainer>): IdleContainer | undefined {
  for (const container of idle) return container
  return undefined
}
