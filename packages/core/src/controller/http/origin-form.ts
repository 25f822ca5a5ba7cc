/** The target without scheme and host, which proxies send, and without a fragment, which nobody should. */
export function originForm(url: string): string {
  const hash = url.indexOf('#')
  const target = hash < 0 ? url : url.slice(0, hash)
  if (target.startsWith('/')) return target
  const path = /^https?:\/\/[^/?]*(.*)$/i.exec(target)?.[1]
  if (path === undefined) return target
  return path.startsWith('/') ? path : `/${path}`
}
