import type { Timing } from '../schedule/schedule.ts'

const LAST: Readonly<Record<Timing['kind'], string>> = {
  once: 'Automatically disabled after firing once',
  alarm: 'Automatically disabled after firing last scheduled cron trigger',
  interval: 'Automatically disabled after firing last scheduled interval trigger',
}

/** What the status of a schedule says that has no further occurrence. */
export function lastOccurrenceText(kind: Timing['kind']): string {
  return LAST[kind]
}
