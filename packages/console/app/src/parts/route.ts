import { useEffect, useState } from 'preact/hooks'

/** The page and what it shows, from the part of the address behind `#`. */
export interface Route {
  readonly page: string
  readonly rest: string
}

export function routeOf(hash: string): Route {
  const [, page = '', rest = ''] = /^#\/([^/]*)\/?(.*)$/.exec(hash) ?? []
  return { page: page || 'actions', rest: decode(rest) }
}

export function hrefOf(page: string, rest = ''): string {
  return rest === '' ? `#/${page}` : `#/${page}/${encodeURIComponent(rest)}`
}

export function go(page: string, rest = ''): void {
  location.hash = hrefOf(page, rest)
}

export function useRoute(): Route {
  const [route, setRoute] = useState(() => routeOf(location.hash))
  useEffect(() => {
    const changed = (): void => setRoute(routeOf(location.hash))
    addEventListener('hashchange', changed)
    return () => removeEventListener('hashchange', changed)
  }, [])
  return route
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
