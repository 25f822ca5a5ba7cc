export interface Places {
  /** Where actions reach the API. */
  readonly api: string
  /** Address on which servers listen. */
  readonly host: string
  /** `host:port` */
  readonly kafka: string
  readonly couchdb: string
  readonly redis: string
  /** `host:port` of each. */
  readonly controllers: readonly string[]
  readonly invokerPort: number
  readonly edge: {
    readonly folder: string
    readonly httpPort: number
    readonly httpsPort: number
    readonly certificate: string
    readonly key: string
  }
}

export interface PrepareOptions {
  /** Where the settings are written. */
  readonly folder: string
  /** Name of the installation; names of namespaces stand in front of it. */
  readonly apiHost: string
  /** Default: those of the compose file. */
  readonly places?: Places
  /** What keeps messages and documents on Kubernetes. Default: `kafka`, with CouchDB. */
  readonly backends?: 'kafka' | 'redis'
}

export function prepare(options: PrepareOptions): void
