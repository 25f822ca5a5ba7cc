import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { occurrenceAfter, occurrencesUpTo } from '../src/schedule/occurrences.ts'
import type { Timing } from '../src/schedule/schedule.ts'

const MINUTE = 60_000
const DAY = 86_400_000
const at = (iso: string): number => Date.parse(iso)
const iso = (ms: number | undefined): string | undefined => (ms === undefined ? undefined : new Date(ms).toISOString())
const alarm = (cron: string, timezone?: string): Timing => ({
  kind: 'alarm',
  cron,
  strict: true,
  ...(timezone === undefined ? {} : { timezone }),
})

/** Values that a field of a cron pattern admits. */
function admitted(field: string, min: number, max: number): Set<number> {
  const values = new Set<number>()
  for (const part of field.split(',')) {
    const [range = '*', step = '1'] = part.split('/')
    const [low, high] = range === '*' ? [min, max] : range.split('-').map(Number)
    const last = high ?? (part.includes('/') ? max : low)
    for (let value = low!; value <= last!; value += Number(step)) values.add(value)
  }
  return values
}

/** The next occurrence in UTC, found by looking at every minute. */
function bruteForce(cron: string, afterMs: number, untilMs: number): number | undefined {
  const [minute, hour, day, month, weekday] = cron.split(' ') as [string, string, string, string, string]
  const minutes = admitted(minute, 0, 59)
  const hours = admitted(hour, 0, 23)
  const days = admitted(day, 1, 31)
  const months = admitted(month, 1, 12)
  const weekdays = admitted(weekday, 0, 6)
  for (let ms = Math.floor(afterMs / MINUTE) * MINUTE + MINUTE; ms <= untilMs;) {
    const date = new Date(ms)
    const isDay = days.has(date.getUTCDate())
    const isWeekday = weekdays.has(date.getUTCDay())
    // Both restricted: either will do, as crontab(5) has it.
    const fits = day !== '*' && weekday !== '*' ? isDay || isWeekday : isDay && isWeekday
    if (!months.has(date.getUTCMonth() + 1) || !fits) ms = Math.floor(ms / DAY) * DAY + DAY
    else if (!hours.has(date.getUTCHours())) ms += MINUTE * (60 - date.getUTCMinutes())
    else if (!minutes.has(date.getUTCMinutes())) ms += MINUTE
    else return ms
  }
  return undefined
}

const field = (min: number, max: number): fc.Arbitrary<string> =>
  fc.oneof(
    { weight: 3, arbitrary: fc.constant('*') },
    fc.integer({ min, max }).map(String),
    fc.integer({ min: 1, max: Math.max(1, Math.floor((max - min) / 2)) }).map((step) => `*/${step}`),
    fc.uniqueArray(fc.integer({ min, max }), { minLength: 2, maxLength: 4 }).map((values) => values.join(',')),
    fc.tuple(fc.integer({ min, max }), fc.integer({ min, max })).map(([a, b]) => `${Math.min(a, b)}-${Math.max(a, b)}`),
  )

describe('occurrences of a cron pattern', () => {
  it('are those that one finds by looking at every minute of ten years', () => {
    const pattern = fc.tuple(field(0, 59), field(0, 23), field(1, 28), field(1, 12), field(0, 6))
    fc.assert(
      fc.property(pattern, fc.integer({ min: 0, max: 10 * 365 * DAY }), (fields, offset) => {
        const cron = fields.join(' ')
        const start = at('2020-01-01T00:00:00Z') + offset
        expect(iso(occurrenceAfter(alarm(cron), start))).toBe(iso(bruteForce(cron, start, start + 40 * 366 * DAY)))
      }),
      { numRuns: 300, seed: 7 },
    )
  }, 60_000)

  it.each([
    // Leap days.
    ['0 0 29 2 *', undefined, '2023-01-01T00:00:00Z', '2024-02-29T00:00:00.000Z'],
    ['0 0 29 2 *', undefined, '2096-03-01T00:00:00Z', '2104-02-29T00:00:00.000Z'],
    // The clocks leap over half past two: it comes when they have leapt.
    ['30 2 * * *', 'America/New_York', '2025-03-08T12:00:00Z', '2025-03-09T07:00:00.000Z'],
    ['30 2 * * *', 'Europe/Berlin', '2025-03-29T12:00:00Z', '2025-03-30T01:00:00.000Z'],
    ['15 2 * * *', 'Australia/Lord_Howe', '2025-10-04T00:00:00Z', '2025-10-04T15:30:00.000Z'],
    // They show half past one twice: it comes once.
    ['30 1 * * *', 'America/New_York', '2025-11-01T12:00:00Z', '2025-11-02T05:30:00.000Z'],
    ['30 1 * * *', 'America/New_York', '2025-11-02T05:30:00Z', '2025-11-03T06:30:00.000Z'],
    // What repeats goes on through both.
    ['*/30 * * * *', 'America/New_York', '2025-11-02T05:30:00Z', '2025-11-02T06:00:00.000Z'],
    ['*/30 * * * *', 'America/New_York', '2025-03-09T06:30:00Z', '2025-03-09T07:00:00.000Z'],
    ['0 9 8 * *', 'Asia/Kolkata', '2025-01-01T00:00:00Z', '2025-01-08T03:30:00.000Z'],
    ['*/30 * * * * *', undefined, '2025-01-01T00:00:01Z', '2025-01-01T00:00:30.000Z'],
  ])('%s in %s after %s is %s', (cron, timezone, after, expected) => {
    expect(iso(occurrenceAfter(alarm(cron, timezone), at(after)))).toBe(expected)
  })

  it('are as many a year as the calendar says, in zones with daylight saving and without', () => {
    for (const timezone of ['UTC', 'America/New_York', 'Europe/Berlin', 'Australia/Lord_Howe', 'America/Sao_Paulo']) {
      const timing = alarm('30 2 * * *', timezone)
      let count = 0
      const end = at('2030-01-01T12:00:00Z')
      for (let ms = occurrenceAfter(timing, at('2020-01-01T12:00:00Z')); ms! <= end; count++)
        ms = occurrenceAfter(timing, ms!)
      expect({ timezone, count }).toEqual({ timezone, count: 3653 })
    }
  })

  it('begin at the start date, the very moment included, and end with the stop date', () => {
    const timing: Timing = {
      kind: 'alarm',
      cron: '0 * * * *',
      strict: false,
      startDate: '2025-01-01T10:00:00Z',
      stopDate: at('2025-01-01T12:00:00Z'),
    }
    expect(iso(occurrenceAfter(timing, at('2025-01-01T00:00:00Z')))).toBe('2025-01-01T10:00:00.000Z')
    expect(iso(occurrenceAfter(timing, at('2025-01-01T11:30:00Z')))).toBe('2025-01-01T12:00:00.000Z')
    expect(occurrenceAfter(timing, at('2025-01-01T12:00:00Z'))).toBeUndefined()
  })
})

describe('occurrences of an interval', () => {
  it('are whole periods from its start, however long nobody looked', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 10_000 }),
        fc.integer({ min: 0, max: 10 * 365 * DAY }),
        fc.integer({ min: 0, max: 10 * 365 * DAY }),
        (minutes, offset, later) => {
          const start = at('2020-01-01T00:00:00Z') + offset
          const timing: Timing = { kind: 'interval', minutes, startDate: start }
          const after = at('2020-01-01T00:00:00Z') + later
          const next = occurrenceAfter(timing, after)!
          expect(next).toBeGreaterThan(after)
          expect((next - start) % (minutes * MINUTE)).toBe(0)
          expect(next === start || next - minutes * MINUTE <= after).toBe(true)
        },
      ),
    )
  })

  it('up to a moment are the latest ones, and the next one is after it', () => {
    const timing: Timing = { kind: 'interval', minutes: 1, startDate: 0 }
    const until = 1_000_000 * MINUTE + 1
    const { due, next } = occurrencesUpTo(timing, MINUTE, until, 3)
    expect(due).toEqual([999_998, 999_999, 1_000_000].map((minute) => minute * MINUTE))
    expect(next).toBe(1_000_001 * MINUTE)
  })
})
