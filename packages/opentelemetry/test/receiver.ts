import { createServer, type Server, type ServerResponse } from 'node:http'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import { gunzipSync } from 'node:zlib'

/** OpenTelemetry's own definitions, as compiled for another version of the SDK than the one that is tested. */
interface Definitions {
  opentelemetry: {
    proto: {
      collector: {
        trace: { v1: { ExportTraceServiceRequest: Decoder<TraceRequest> } }
        logs: { v1: { ExportLogsServiceRequest: Decoder<LogsRequest> } }
        metrics: { v1: { ExportMetricsServiceRequest: Decoder<MetricsRequest> } }
      }
    }
  }
}
interface Decoder<T> {
  decode(bytes: Uint8Array): unknown
  toObject(message: unknown, options: object): T
}
interface Attribute {
  readonly key: string
  readonly value: { readonly stringValue?: string; readonly intValue?: string; readonly doubleValue?: number }
}
interface TraceRequest {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: readonly Attribute[] }
    readonly scopeSpans: readonly { readonly spans: readonly WireSpan[] }[]
  }[]
}
interface WireSpan {
  readonly traceId: Buffer
  readonly spanId: Buffer
  readonly parentSpanId?: Buffer
  readonly name: string
  readonly startTimeUnixNano: string
  readonly endTimeUnixNano: string
  readonly attributes: readonly Attribute[]
  readonly status?: { readonly code?: number }
}
interface MetricsRequest {
  readonly resourceMetrics: readonly {
    readonly scopeMetrics: readonly { readonly metrics: readonly { readonly name: string }[] }[]
  }[]
}

interface LogsRequest {
  readonly resourceLogs: readonly {
    readonly resource: { readonly attributes: readonly Attribute[] }
    readonly scopeLogs: readonly {
      readonly logRecords: readonly {
        readonly timeUnixNano: string
        readonly severityText: string
        readonly body: { readonly stringValue?: string }
        readonly attributes: readonly Attribute[]
      }[]
    }[]
  }[]
}

export interface ReceivedLine {
  readonly service: string
  /** Epoch, ns. */
  readonly time: string
  readonly severity: string
  readonly text: string
  readonly attributes: Readonly<Record<string, string>>
}

export interface ReceivedSpan {
  readonly service: string
  readonly instance: string | undefined
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId: string
  readonly name: string
  /** Epoch ms. */
  readonly begin: number
  readonly end: number
  readonly attributes: Readonly<Record<string, string>>
  readonly isError: boolean
}

const { opentelemetry } = createRequire(import.meta.url)('otlp-definitions/build/src/generated/root.js') as Definitions
const { collector } = opentelemetry.proto

/** A collector that takes OTLP over HTTP. */
export class Receiver {
  readonly spans: ReceivedSpan[] = []
  readonly lines: ReceivedLine[] = []
  readonly metrics = new Set<string>()
  readonly headers: Record<string, string | string[] | undefined>[] = []
  readonly #server: Server
  /** What it does with a request, when it is not to take it. */
  respond: ((response: ServerResponse) => void) | undefined

  private constructor(server: Server) {
    this.#server = server
  }

  static async start(): Promise<Receiver> {
    const server = createServer()
    const receiver = new Receiver(server)
    server.on('request', (request, response) => {
      const parts: Buffer[] = []
      request.on('data', (part: Buffer) => parts.push(part))
      request.on('end', () => {
        receiver.headers.push(request.headers)
        if (receiver.respond) return receiver.respond(response)
        const body = Buffer.concat(parts)
        receiver.#take(request.url ?? '', request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body)
        response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end()
      })
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    return receiver
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  named(name: string): readonly ReceivedSpan[] {
    return this.spans.filter((span) => span.name === name)
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  #take(path: string, body: Buffer): void {
    if (path === '/v1/traces') this.#takeSpans(read(collector.trace.v1.ExportTraceServiceRequest, body))
    else if (path === '/v1/logs') this.#takeLines(read(collector.logs.v1.ExportLogsServiceRequest, body))
    else if (path === '/v1/metrics') {
      const { resourceMetrics } = read(collector.metrics.v1.ExportMetricsServiceRequest, body)
      for (const { scopeMetrics } of resourceMetrics) {
        for (const { metrics } of scopeMetrics) for (const { name } of metrics) this.metrics.add(name)
      }
    }
  }

  #takeLines({ resourceLogs }: LogsRequest): void {
    for (const { resource, scopeLogs } of resourceLogs) {
      const { 'service.name': service = '' } = record(resource.attributes)
      for (const { timeUnixNano, severityText, body, attributes } of scopeLogs.flatMap(
        ({ logRecords }) => logRecords,
      )) {
        const text = body.stringValue ?? ''
        this.lines.push({ service, time: timeUnixNano, severity: severityText, text, attributes: record(attributes) })
      }
    }
  }

  #takeSpans({ resourceSpans }: TraceRequest): void {
    for (const { resource, scopeSpans } of resourceSpans) {
      const { 'service.name': service = '', 'service.instance.id': instance } = record(resource.attributes)
      for (const span of scopeSpans.flatMap(({ spans }) => spans)) {
        this.spans.push({
          service,
          instance,
          traceId: hex(span.traceId),
          spanId: hex(span.spanId),
          parentSpanId: span.parentSpanId ? hex(span.parentSpanId) : '',
          name: span.name,
          begin: Number(span.startTimeUnixNano) / 1e6,
          end: Number(span.endTimeUnixNano) / 1e6,
          attributes: record(span.attributes),
          isError: span.status?.code === 2,
        })
      }
    }
  }
}

function read<T>(type: Decoder<T>, body: Buffer): T {
  return type.toObject(type.decode(body), { longs: String, bytes: Buffer, arrays: true })
}

function record(attributes: readonly Attribute[]): Record<string, string> {
  return Object.fromEntries(
    attributes.map(({ key, value }) => [key, String(value.stringValue ?? value.intValue ?? value.doubleValue ?? '')]),
  )
}

function hex(bytes: Buffer): string {
  return Buffer.from(bytes).toString('hex')
}
