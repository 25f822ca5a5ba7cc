/** A web action, as `apidoc.action` names it. */
export interface ActionName {
  readonly namespace: string
  /** Empty when it lies in none. */
  readonly package: string
  readonly action: string
}

/** `name` is `[/namespace/][package/]action`; a namespace in it counts where `namespace` is `_`. */
export function readActionName(namespace: string, name: string): ActionName {
  const parts = name.split('/')
  const named = name.startsWith('/') ? parts.splice(0, 2)[1]! : '_'
  const action = parts.pop() ?? ''
  return { namespace: namespace === '_' ? named : namespace, package: parts.join('/'), action }
}

/** Of `backendUrl` only scheme and host are used. Undefined when it has none. */
export function webActionUrl(
  backendUrl: string,
  { namespace, package: packageName, action }: ActionName,
  responseType: string,
): string | undefined {
  const host = /^(https?:\/\/[^/?#]+)/i.exec(backendUrl)?.[1]
  return host && `${host}/api/v1/web/${namespace}/${packageName || 'default'}/${action}.${responseType}`
}

/** The path of a URL that is a web action's, with what follows; undefined when it is anything else. */
export function webActionPath(url: string): string | undefined {
  const path = /^https?:\/\/[^/?#]+(\/[^#]*)/i.exec(url)?.[1]
  return path?.startsWith('/api/v1/web/') ? path : undefined
}
