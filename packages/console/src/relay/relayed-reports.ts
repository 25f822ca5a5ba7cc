import type { Clock, Logger, Queue, Subscription, Timer } from '@stemcell/core'
import { randomUUID } from 'node:crypto'
import type { ReportListener, ReportSource } from '../stream/invoker-report.ts'
import { body, readReport, reportsTopic, TOPIC, WATCH_TOPIC } from './messages.ts'

/** How often invokers are told that somebody still looks, ms. */
const REMIND_MS = 3000

export interface RelayedReportsParts {
  readonly controller: string
  readonly queue: Queue
  readonly clock: Clock
  readonly logger: Logger
}

/** Reports of the invokers of other processes, over the queue of the platform. Nothing travels while nobody looks. */
export class RelayedReports implements ReportSource {
  readonly #parts: RelayedReportsParts

  constructor(parts: RelayedReportsParts) {
    this.#parts = parts
  }

  watch(listener: ReportListener): () => void {
    const session = randomUUID()
    const { logger, clock } = this.#parts
    let isOver = false
    let timer: Timer | undefined
    let subscription: Subscription | undefined
    const close = (): void => {
      subscription?.close().catch((err: unknown) => logger.debug({ err }, 'reports for the console: not closed'))
    }
    const begin = async (): Promise<void> => {
      try {
        subscription ??= await this.#subscribe(session, listener)
        if (isOver) return close()
        await this.#remind(session)
      } catch (err) {
        logger.debug({ err }, 'the console hears nothing of other invokers')
      }
      if (!isOver) timer = clock.setTimer(REMIND_MS, () => void begin())
    }
    void begin()
    return () => {
      isOver = true
      timer?.cancel()
      close()
    }
  }

  async #subscribe(session: string, listener: ReportListener): Promise<Subscription> {
    const { queue, controller } = this.#parts
    const topic = reportsTopic(controller)
    await Promise.all([queue.ensureTopic(topic, TOPIC), queue.ensureTopic(WATCH_TOPIC, TOPIC)])
    return queue.subscribe(topic, { group: topic, concurrency: 1, repeatable: true }, ({ body: message }) => {
      const read = readReport(message)
      if (read?.session === session) listener(read.report)
    })
  }

  async #remind(session: string): Promise<void> {
    const { queue, controller } = this.#parts
    await queue.publish(WATCH_TOPIC, body({ controller, session }))
  }
}
