/** Where a server is, and who asks. */
export interface Connection {
  /** With scheme, without a slash at the end. */
  readonly apihost: string
  /** `UUID:KEY` */
  readonly auth: string
  readonly namespace: string
  /** Of the API gateway. */
  readonly accessToken: string
  /** Certificates are not checked. */
  readonly insecure: boolean
  /** What named the server, for a message. */
  readonly source: string
  /** What gave the key. */
  readonly keySource: string
}
