import type { MessageBody, TopicSettings } from '@stemcell/core'
import type { InvokerReport } from '../stream/invoker-report.ts'

/** Controllers tell invokers here that somebody looks. */
export const WATCH_TOPIC = 'console-watch'

/** Where the reports for a controller go. */
export function reportsTopic(controller: string): string {
  return `console-${controller}`
}

/** What nobody took in time is of no interest. */
export const TOPIC: TopicSettings = { retentionMs: 60_000, retentionBytes: 16 * 1024 * 1024 }

export interface WatchMessage {
  readonly controller: string
  /** Of those who listen now: reports for those before are passed over. */
  readonly session: string
}

export interface ReportMessage {
  readonly session: string
  readonly report: InvokerReport
}

export function body(message: WatchMessage | ReportMessage): MessageBody {
  return { bytes: () => Buffer.from(JSON.stringify(message)) }
}

/** Undefined when it is none: a message of another version. */
export function readWatch(given: MessageBody): WatchMessage | undefined {
  const message = parse(given) as Partial<WatchMessage> | undefined
  return typeof message?.controller === 'string' && typeof message.session === 'string'
    ? { controller: message.controller, session: message.session }
    : undefined
}

export function readReport(given: MessageBody): ReportMessage | undefined {
  const message = parse(given) as Partial<ReportMessage> | undefined
  const { session, report } = message ?? {}
  return typeof session === 'string' && Array.isArray(report?.containers) && Array.isArray(report.points)
    ? { session, report }
    : undefined
}

function parse(given: MessageBody): unknown {
  try {
    return JSON.parse(Buffer.from(given.bytes()).toString('utf8'))
  } catch {
    // Not one of ours.
    return undefined
  }
}
