import { z } from '@stemcell/core/schema'

/** What the telemetry of a process is told; the server's configuration takes it over as `telemetry`. */
export const telemetryOptions = z.strictObject({
  endpoint: z
    .url({ protocol: /^https?$/ })
    .optional()
    .meta({
      description: 'Where an OTLP collector takes HTTP, without `/v1/traces`',
      shownDefault: '`OTEL_EXPORTER_OTLP_ENDPOINT`, else `http://localhost:4318`',
    }),
  headers: z.record(z.string(), z.string()).default({}).meta({ description: 'Headers for the collector' }),
  serviceName: z
    .string()
    .min(1)
    .optional()
    .meta({ description: 'Name of this service', shownDefault: '`OTEL_SERVICE_NAME`, else `stemcell`' }),
  sampleRatio: z.number().min(0).max(1).optional().meta({
    description: 'Share of the requests without a `traceparent` that are traced',
    shownDefault: '`OTEL_TRACES_SAMPLER_ARG`, else 1',
  }),
  traces: z.boolean().default(true).meta({ description: 'Whether traces are sent' }),
  metrics: z.boolean().default(true).meta({ description: 'Whether metrics are sent' }),
  exportIntervalMs: z.int().min(10).default(5000).meta({ description: 'How often something is sent', unit: 'ms' }),
  exportTimeoutMs: z.int().min(10).default(10_000).meta({ description: 'Longest wait for the collector', unit: 'ms' }),
  maxQueuedSpans: z
    .int()
    .min(1)
    .default(4096)
    .meta({ description: 'Spans that may wait; more are dropped and counted' }),
})

export type TelemetryOptions = z.input<typeof telemetryOptions>
export type TelemetrySettings = z.output<typeof telemetryOptions>

/** The standard variables, as far as the SDK does not read them itself. */
export interface TelemetryEnvironment {
  readonly [name: string]: string | undefined
}

/** Whether the environment asks for telemetry. */
export function asksForTelemetry(environment: TelemetryEnvironment): boolean {
  if (environment['OTEL_SDK_DISABLED'] === 'true') return false
  return Boolean(environment['OTEL_EXPORTER_OTLP_ENDPOINT'] ?? environment['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT'])
}

/** Of the samplers that the standard names, those that decide at the head. */
export function sampleRatioOf(environment: TelemetryEnvironment): number {
  const sampler = environment['OTEL_TRACES_SAMPLER'] ?? 'parentbased_always_on'
  if (sampler.endsWith('always_off')) return 0
  if (!sampler.endsWith('traceidratio')) return 1
  const ratio = Number(environment['OTEL_TRACES_SAMPLER_ARG'] ?? '1')
  return ratio >= 0 && ratio <= 1 ? ratio : 1
}
