import type { StandardSchema } from './standard-schema.ts'
import { silentLogger, type Logger } from './log.ts'
import type { Clock } from './time/clock.ts'
import type { Random } from './time/random.ts'
import { SystemClock } from './time/system-clock.ts'
import { SystemRandom } from './time/system-random.ts'

/** What core hands to every adapter it builds. */
export interface AdapterContext {
  readonly clock: Clock
  readonly random: Random
  /** Already carries `{ adapter }`. */
  readonly logger: Logger
}

/** For using an adapter without a platform, in its tests for example: the host's clock and chance, no log. */
export function adapterContext(overrides: Partial<AdapterContext> = {}): AdapterContext {
  return { clock: new SystemClock(), random: new SystemRandom(), logger: silentLogger, ...overrides }
}

/**
 * An adapter as a platform takes it: a description that does nothing until the platform is assembled.
 * `build` constructs; connecting is left to `open()`. An SPI whose adapters need more than the usual context says so
 * with a context type of its own (`AuthContext`, `RateLimiterContext`).
 */
export interface Adapter<T, C extends AdapterContext = AdapterContext> {
  /** Package name, as it appears in errors, e.g. `@stemcell/spi-level`. */
  readonly name: string
  /** The range of core versions it was built for, e.g. `^0.1.0`. */
  readonly core: string
  readonly build: (context: C) => T
}

/**
 * The default export of an adapter package's `./adapter` entry: how a configuration file names what it offers.
 * `options` is the schema of the adapter's own options, of any library that speaks Standard Schema (zod, valibot, arktype
 * and others); unknown keys must be refused.
 */
export interface AdapterModule {
  /** By option of the configuration: `queue`, `entityStore` …; a system package is `systemPackages.<name>`. */
  readonly provides: Readonly<Record<string, ConfigurableAdapter>>
}

/** One part that an adapter package offers to configuration files. */
export interface ConfigurableAdapter {
  readonly options: StandardSchema
  /**
   * @param folder where an activation store may leave records that its backend does not take yet, so that they survive
   * the process: absolute, of this process and its next life alone, not made yet. Without one, none may be left anywhere
   * but where `options` say.
   */
  readonly create: (options: unknown, folder?: string) => Adapter<unknown, never>
}
