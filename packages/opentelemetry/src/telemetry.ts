import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-proto'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto'
import { resourceFromAttributes } from '@opentelemetry/resources'
import { MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics'
import { AlwaysOnSampler, BasicTracerProvider } from '@opentelemetry/sdk-trace-base'
import {
  mergeObservers,
  PlatformError,
  SystemClock,
  SystemRandom,
  type Clock,
  type PlatformObservers,
  type Random,
  type Tracer,
} from '@stemcell/core'
import { CountedSpans, type SpanCounts } from './counted-spans.ts'
import { measures } from './measures.ts'
import { PresetIds } from './preset-ids.ts'
import { Spans } from './spans.ts'
import {
  sampleRatioOf,
  telemetryOptions,
  type TelemetryEnvironment,
  type TelemetryOptions,
} from './telemetry-options.ts'
import { WallClock } from './wall-clock.ts'

export interface TelemetryContext {
  /** Default: none. A server hands its own over. */
  readonly environment?: TelemetryEnvironment
  readonly clock?: Clock
  readonly random?: Random
  /** Tells this process from others of the same service, e.g. `invoker0`. */
  readonly instance?: string
}

/** What is sent to a collector. */
export interface Telemetry {
  /** For `tracer` of `assemble()`. */
  readonly tracer?: Tracer
  /** For `observers` of `assemble()`. */
  readonly observers: PlatformObservers
  readonly spans: SpanCounts
  /** Sends what waits; never rejects. Idempotent. */
  close(): Promise<void>
}

const NONE: SpanCounts = { sent: 0, lost: 0 }

/**
 * Traces and metrics of a process over OTLP, in protobuf over HTTP. A collector that is slow or away costs spans, which
 * are counted, and nothing else.
 * @throws ERR_CONFIG an option is wrong; the message says which.
 */
export function openTelemetry(options: TelemetryOptions = {}, context: TelemetryContext = {}): Telemetry {
  const parsed = telemetryOptions.safeParse(options)
  if (!parsed.success) {
    const [{ path, message } = { path: [], message: '' }] = parsed.error.issues
    throw new PlatformError('ERR_CONFIG', `telemetry: ${path.map(String).join('.')}: ${message}`)
  }
  const { endpoint, headers, sampleRatio, traces, metrics, ...rest } = parsed.data
  const { exportIntervalMs, exportTimeoutMs, maxQueuedSpans } = rest
  const { environment = {}, clock = new SystemClock(), random = new SystemRandom(), instance } = context
  const resource = resourceFromAttributes({
    ...resourceAttributes(environment['OTEL_RESOURCE_ATTRIBUTES']),
    'service.name': rest.serviceName ?? environment['OTEL_SERVICE_NAME'] ?? 'stemcell',
    ...(instance === undefined ? {} : { 'service.instance.id': instance }),
  })
  const to = (signal: 'traces' | 'metrics') => ({
    timeoutMillis: exportTimeoutMs,
    // Without a URL the SDK reads the standard variables.
    ...(endpoint === undefined ? {} : { url: `${endpoint.replace(/\/+$/, '')}/v1/${signal}` }),
    ...(Object.keys(headers).length > 0 ? { headers } : {}),
  })

  const closers: (() => Promise<void>)[] = []
  let counted: CountedSpans | undefined
  let spans: Spans | undefined
  if (traces) {
    counted = new CountedSpans(new OTLPTraceExporter(to('traces')), {
      maxQueued: maxQueuedSpans,
      intervalMs: exportIntervalMs,
      timeoutMs: exportTimeoutMs,
    })
    const ids = new PresetIds()
    const provider = new BasicTracerProvider({
      resource,
      idGenerator: ids,
      // Whether a request is traced was decided before there is a span of it.
      sampler: new AlwaysOnSampler(),
      spanProcessors: [counted],
    })
    spans = new Spans({
      tracer: provider.getTracer('@stemcell/opentelemetry'),
      ids,
      clock: new WallClock(clock),
      random,
      ratio: sampleRatio ?? sampleRatioOf(environment),
    })
    closers.push(() => provider.shutdown())
  }
  let meters: ReturnType<typeof measures> | undefined
  if (metrics) {
    const reader = new PeriodicExportingMetricReader({
      exporter: new OTLPMetricExporter(to('metrics')),
      exportIntervalMillis: Math.max(exportIntervalMs, exportTimeoutMs),
      exportTimeoutMillis: exportTimeoutMs,
    })
    const provider = new MeterProvider({ resource, readers: [reader] })
    meters = measures(provider.getMeter('@stemcell/opentelemetry'))
    closers.push(() => provider.shutdown())
  }
  let closing: Promise<void> | undefined
  return {
    ...(spans && { tracer: spans }),
    observers: mergeObservers(spans && { controller: spans.controller, invoker: spans.invoker }, meters),
    get spans() {
      return counted?.counts ?? NONE
    },
    close() {
      // What the collector did not take is counted; who closes cannot do anything about it.
      closing ??= Promise.allSettled(closers.map((close) => close())).then(() => undefined)
      return closing
    },
  }
}

/** `key=value,key=value`, percent-encoded. */
function resourceAttributes(text = ''): Record<string, string> {
  return Object.fromEntries(
    text
      .split(',')
      .map((pair) => pair.split('=', 2).map((part) => decode(part.trim())))
      .filter((pair): pair is [string, string] => pair.length === 2 && pair[0] !== ''),
  )
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
