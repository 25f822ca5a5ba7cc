export { openTelemetry, type Telemetry, type TelemetryContext } from './telemetry.ts'
export {
  asksForTelemetry,
  telemetryOptions,
  type TelemetryEnvironment,
  type TelemetryOptions,
} from './telemetry-options.ts'
export type { SpanCounts } from './counted-spans.ts'
