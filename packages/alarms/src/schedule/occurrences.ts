import { Cron } from 'croner'
import type { DateValue, Timing } from './schedule.ts'

const MINUTE_MS = 60_000

/** A date as users give it, epoch ms; NaN when it is none. */
export function dateMs(value: DateValue): number {
  return new Date(value).getTime()
}

/**
 * The first occurrence after a moment, epoch ms; undefined when there is none. In a time zone with daylight saving a
 * fixed time that the clocks leap over comes at the end of the leap, and one that they show twice comes once; patterns
 * that repeat through the hours go on through both.
 */
export function occurrenceAfter(timing: Timing, afterMs: number): number | undefined {
  const at = unbounded(timing, afterMs)
  if (at === undefined || timing.kind === 'once' || timing.stopDate === undefined) return at
  return at <= dateMs(timing.stopDate) ? at : undefined
}

function unbounded(timing: Timing, afterMs: number): number | undefined {
  switch (timing.kind) {
    case 'once': {
      const at = dateMs(timing.date)
      return at > afterMs ? at : undefined
    }
    case 'interval': {
      const start = dateMs(timing.startDate)
      const period = timing.minutes * MINUTE_MS
      return afterMs < start ? start : start + (Math.floor((afterMs - start) / period) + 1) * period
    }
    case 'alarm': {
      const start = timing.startDate === undefined ? -Infinity : dateMs(timing.startDate)
      // An occurrence at the very start counts.
      return cronOf(timing)
        .nextRun(new Date(Math.max(afterMs, start - 1)))
        ?.getTime()
    }
  }
}

/** @throws Error the pattern or the time zone is not valid. */
export function cronOf({ cron, timezone }: { readonly cron: string; readonly timezone?: string }): Cron {
  // Without a zone of their own patterns are in UTC, wherever the server stands.
  return new Cron(cron, { paused: true, timezone: timezone ?? 'UTC' })
}

/**
 * Occurrences from one that is known up to a moment, the latest `max` of them, and the one after that moment.
 */
export function occurrencesUpTo(
  timing: Timing,
  firstMs: number,
  untilMs: number,
  max: number,
): { readonly due: readonly number[]; readonly next: number | undefined } {
  let due = [firstMs]
  let next = occurrenceAfter(timing, firstMs)
  if (next !== undefined && next <= untilMs && timing.kind === 'interval') {
    // However long the outage was, only the last ones are looked at.
    const period = timing.minutes * MINUTE_MS
    const skipped = Math.max(0, Math.floor((untilMs - next) / period) - max)
    next += skipped * period
  }
  while (next !== undefined && next <= untilMs) {
    due.push(next)
    if (due.length > 2 * max) due = due.slice(-max)
    next = occurrenceAfter(timing, next)
  }
  return { due: due.slice(-max), next }
}
