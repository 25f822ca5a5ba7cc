/** Of a path on the server, for a page that is below `/console/`; a proxy may have put both below a path of its own. */
export function serverUrl(path: string): string {
  return new URL(path.replace(/^\//, ''), new URL('..', document.baseURI)).href
}
