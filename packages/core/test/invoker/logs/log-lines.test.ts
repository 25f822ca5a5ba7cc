import { describe, expect, it } from 'vitest'
import type { ActivationLog, CollectedLog } from '../../../src/container/activation-log.ts'
import { formatLine, readLogLines } from '../../../src/invoker/logs/log-lines.ts'
import { VirtualClock } from '../../../src/time/virtual-clock.ts'

const clock = new VirtualClock(Date.UTC(2024, 4, 1, 10, 11, 12, 123))
const NOW = '2024-05-01T10:11:12.123Z       stderr: '
const waits: number[] = []

function logOf(collected: Partial<CollectedLog>): ActivationLog {
  return {
    collect: ({ waitMs }) => {
      waits.push(waitMs)
      return Promise.resolve({ lines: [], truncated: false, complete: true, ...collected })
    },
  }
}

const expected = { limitBytes: 1024, marksEnd: true, failed: false, silent: false }

describe('log lines', () => {
  it('start with a time of 30 characters and the stream', () => {
    expect(formatLine({ time: '2024-05-01T10:11:12.123456789Z', stream: 'stdout', text: 'hi' })).toBe(
      '2024-05-01T10:11:12.123456789Z stdout: hi',
    )
    expect(formatLine({ time: '2024-05-01T10:11:12Z', stream: 'stderr', text: '' })).toBe(
      '2024-05-01T10:11:12Z           stderr: ',
    )
  })

  it('that were cut end with a notice of the limit', async () => {
    const lines = [{ time: '2024-05-01T10:11:12.123456789Z', stream: 'stdout', text: 'hi' }] as const
    expect(await readLogLines(logOf({ lines, truncated: true }), expected, clock)).toEqual([
      '2024-05-01T10:11:12.123456789Z stdout: hi',
      `${NOW}Logs were truncated because the total bytes size exceeds the limit of 1024 bytes.`,
    ])
  })

  it('whose end did not come end with a notice of missing data', async () => {
    expect(await readLogLines(logOf({ complete: false }), expected, clock)).toEqual([
      `${NOW}There was an issue while collecting your logs. Data might be missing.`,
    ])
  })

  it('of a runtime that marks no end are taken as they are, at once', async () => {
    waits.length = 0
    expect(await readLogLines(logOf({ complete: false }), { ...expected, marksEnd: false }, clock)).toEqual([])
    expect(waits).toEqual([0])
  })

  it('of a run that printed nothing are not waited for, and nothing is missing', async () => {
    waits.length = 0
    expect(await readLogLines(logOf({ complete: false }), { ...expected, silent: true }, clock)).toEqual([])
    expect(waits).toEqual([0])
  })

  it('of a developer error end with the notice of doubt, and are not waited for long', async () => {
    waits.length = 0
    expect(
      await readLogLines(logOf({ complete: false, truncated: true }), { ...expected, failed: true }, clock),
    ).toEqual([
      `${NOW}Logs were truncated because the total bytes size exceeds the limit of 1024 bytes.`,
      `${NOW}The action did not initialize or run as expected. Log data might be missing.`,
    ])
    expect(waits[0]).toBeLessThanOrEqual(500)
  })
})
