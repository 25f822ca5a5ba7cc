export interface EdgeOptions {
  /** For configuration, logs and temporary files; absolute. */
  readonly folder: string
  /** Where the files are written that will be in `folder`, as in a container. Default: `folder` itself. */
  readonly into?: string
  readonly httpPort: number
  readonly httpsPort: number
  readonly certificate: string
  readonly key: string
  /** Names of namespaces stand in front of it. */
  readonly apiHost: string
  /** `host:port` of each. */
  readonly controllers: readonly string[]
}

export function writeEdge(options: EdgeOptions): string[]

export class Edge {
  constructor(options: EdgeOptions)
  reload(): void
  stop(): Promise<void>
}
