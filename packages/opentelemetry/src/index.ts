export { openTelemetry, type Telemetry, type TelemetryContext } from './telemetry.ts'
export {
  asksForTelemetry,
  telemetryOptions,
  type TelemetryEnvironment,
  type TelemetryOptions,
} from './telemetry-options.ts'
export type { SpanCounts } from './counted-spans.ts'
export type { LineCounts } from './line-shipper.ts'
export { otlpLogStore, otlpLogStoreOptions, type OtlpLogStore, type OtlpLogStoreOptions } from './otlp-log-store.ts'
