import { z } from '@stemcell/core/schema'

/** Options of `alarms()`, as a configuration file gives them. */
export const alarmsOptions = z.strictObject({
  /**
   * Schedules of cron patterns with five fields are spread over so many ms behind the minute, each by an amount of its
   * own that never changes; those that are `strict` are not.
   */
  spreadMs: z.int().min(0).max(59_000).default(5_000),
  /** Whether cron patterns with seconds are refused. */
  limitCronFields: z.boolean().default(false),
  /** Triggers that are fired at the same time; the others that are due wait for their turn. */
  parallelFires: z.int().min(1).max(1_000).default(32),
  /** Of what an outage swallowed, a schedule that asks for all gets so many at the most, the latest. */
  maxMissed: z.int().min(1).max(10_000).default(100),
  /** How often a controller of a cluster says that it lives, ms. */
  heartbeatMs: z.int().min(100).max(60_000).default(2_000),
  /** A controller that said nothing for so long loses its schedules to another one, ms. At least three heartbeats. */
  takeoverAfterMs: z.int().min(300).max(600_000).default(8_000),
})

export type AlarmsOptions = z.input<typeof alarmsOptions>
export type AlarmsSettings = z.output<typeof alarmsOptions>
