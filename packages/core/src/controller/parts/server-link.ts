/** Something that belongs to a server and has an address of its own. */
export interface ServerLink {
  /** An address, absolute. */
  readonly href: string
  /** How it relates to the server, as IANA registers it: `service`, `service-doc` … */
  readonly rel: string
  /** In ASCII, for people. */
  readonly title: string
}

/** Value of the header `Link`. */
export function linkHeader(links: readonly ServerLink[]): string {
  return links.map(({ href, rel, title }) => `<${href}>; rel="${rel}"; title="${title}"`).join(', ')
}
