/** Where an API server is, and how to be believed by it. */
export interface ClusterAccess {
  /** Without a path's trailing slash. */
  readonly server: URL
  /** Where pods are made when no option says otherwise. */
  readonly namespace: string
  /** Where all this was found, for messages. */
  readonly source: string
  /** Reads the credentials anew: tokens and certificates are replaced while a process runs. */
  credentials(): Promise<Credentials>
}

export interface Credentials {
  readonly token?: string
  readonly tls: TlsFacts
}

/** As `tls.connect` takes them. */
export interface TlsFacts {
  readonly ca?: string
  readonly cert?: string
  readonly key?: string
  readonly servername?: string
  readonly rejectUnauthorized?: boolean
}
