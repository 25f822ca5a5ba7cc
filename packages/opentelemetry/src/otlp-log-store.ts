import { SeverityNumber } from '@opentelemetry/api-logs'
import { OTLPLogExporter } from '@opentelemetry/exporter-logs-otlp-proto'
import { resourceFromAttributes, type Resource } from '@opentelemetry/resources'
import type { ReadableLogRecord } from '@opentelemetry/sdk-logs'
import {
  parseOptions,
  PlatformError,
  type Activation,
  type Adapter,
  type AdapterContext,
  type Identity,
  type LogStore,
  type LogStoreCapabilities,
} from '@stemcell/core'
import { z } from '@stemcell/core/schema'
import { LineShipper, type LineCounts } from './line-shipper.ts'
import { telemetryOptions } from './telemetry-options.ts'

const MB = 1024 ** 2
const NAME = '@stemcell/opentelemetry'
const SCOPE = { name: NAME }
/** A line as records hold it: time, padded to 30, stream, text. */
const LINE = /^(\S+) +(stdout|stderr): (.*)$/s

export const otlpLogStoreOptions = telemetryOptions
  .pick({ endpoint: true, headers: true, serviceName: true, exportIntervalMs: true, exportTimeoutMs: true })
  .extend({
    endpoint: telemetryOptions.shape.endpoint.meta({
      description: 'Where an OTLP collector takes HTTP, without `/v1/logs`',
      shownDefault: '`OTEL_EXPORTER_OTLP_ENDPOINT`, else `http://localhost:4318`',
    }),
    serviceName: z.string().min(1).default('stemcell').meta({ description: 'Name of this service' }),
    maxQueuedBytes: z
      .int()
      .min(1)
      .default(16 * MB)
      .meta({ description: 'Lines that may wait; more are dropped and counted', unit: 'bytes' }),
  })

export type OtlpLogStoreOptions = z.input<typeof otlpLogStoreOptions>
type Settings = z.output<typeof otlpLogStoreOptions>

/** Logs in the activation records, as by default, and sent to a collector, too, which nobody waits for. */
export class OtlpLogStore implements LogStore {
  readonly capabilities: LogStoreCapabilities = { collects: true }
  readonly #settings: Settings
  readonly #context: AdapterContext
  readonly #resource: Resource
  #shipper: LineShipper | undefined
  #counts: LineCounts = { sent: 0, lost: 0 }

  /** Use `otlpLogStore`. */
  constructor(settings: Settings, context: AdapterContext) {
    this.#settings = settings
    this.#context = context
    this.#resource = resourceFromAttributes({ 'service.name': settings.serviceName })
  }

  /** What became of the lines since the store was opened. */
  get lines(): LineCounts {
    return this.#shipper?.counts ?? this.#counts
  }

  async open(): Promise<void> {
    const { endpoint, headers, exportIntervalMs, exportTimeoutMs, maxQueuedBytes } = this.#settings
    this.#shipper ??= new LineShipper({
      exporter: new OTLPLogExporter({
        timeoutMillis: exportTimeoutMs,
        // Without a URL the SDK reads the standard variables.
        ...(endpoint === undefined ? {} : { url: `${endpoint.replace(/\/+$/, '')}/v1/logs` }),
        ...(Object.keys(headers).length > 0 ? { headers } : {}),
      }),
      clock: this.#context.clock,
      logger: this.#context.logger,
      intervalMs: exportIntervalMs,
      maxQueuedBytes,
    })
  }

  /** Sends what waits, once. */
  async close(): Promise<void> {
    const shipper = this.#shipper
    this.#shipper = undefined
    if (!shipper) return
    await shipper.close()
    this.#counts = shipper.counts
  }

  keep(activation: Activation, { namespace }: Identity, lines: readonly string[]): readonly string[] {
    const shipper = this.#opened(this.#shipper)
    const attributes = {
      'faas.invocation_id': activation.activationId,
      'stemcell.namespace': namespace.name,
      'faas.invoked_name': pathOf(activation),
    }
    for (const line of lines) shipper.add(this.#recordOf(line, attributes), Buffer.byteLength(line))
    return lines
  }

  async fetch(_activationId: string, activation: Activation | undefined): Promise<readonly string[] | undefined> {
    this.#opened(this.#shipper)
    return activation?.logs
  }

  #recordOf(line: string, of: Readonly<Record<string, string>>): ReadableLogRecord {
    const [, time = '', stream, text = line] = LINE.exec(line) ?? []
    const nowMs = this.#context.clock.now()
    const isError = stream === 'stderr'
    return {
      hrTime: timeOf(time) ?? [Math.floor(nowMs / 1000), (nowMs % 1000) * 1e6],
      hrTimeObserved: [Math.floor(nowMs / 1000), (nowMs % 1000) * 1e6],
      severityNumber: isError ? SeverityNumber.ERROR : SeverityNumber.INFO,
      severityText: isError ? 'ERROR' : 'INFO',
      body: text,
      resource: this.#resource,
      instrumentationScope: SCOPE,
      attributes: stream === undefined ? of : { ...of, 'log.iostream': stream },
      droppedAttributesCount: 0,
    }
  }

  #opened(shipper: LineShipper | undefined): LineShipper {
    if (!shipper) throw new PlatformError('ERR_CLOSED', 'OTLP log store is not open')
    return shipper
  }
}

/**
 * Logs of activations for a collector of OpenTelemetry, beside the activation records. A collector that is slow or away
 * costs lines of its own, which are counted, and nothing else.
 * @throws ERR_CONFIG an option is wrong; the message says which.
 */
export function otlpLogStore(options: OtlpLogStoreOptions = {}): Adapter<OtlpLogStore> {
  const settings = parseOptions(NAME, otlpLogStoreOptions, options)
  return { name: NAME, core: '^0.1.0', build: (context) => new OtlpLogStore(settings, context) }
}

function pathOf({ namespace, name, annotations }: Activation): string {
  const path = annotations.find(({ key }) => key === 'path')?.value
  return typeof path === 'string' ? path : `${namespace}/${name}`
}

/** Seconds and nanoseconds of a time with up to nine decimals. */
function timeOf(text: string): [number, number] | undefined {
  const [, whole, fraction = ''] = /^([^.]+?)(?:\.(\d{1,9}))?Z$/.exec(text) ?? []
  const ms = Date.parse(`${whole}Z`)
  return whole === undefined || Number.isNaN(ms) ? undefined : [ms / 1000, Number(fraction.padEnd(9, '0'))]
}
