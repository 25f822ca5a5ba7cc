/** Parts of `[registry/][prefix/]name[:tag][@digest]`. */
export interface ImageName {
  /** `docker.io` when none is named. */
  readonly registry: string
  /** `latest` when neither a tag nor a digest is given. */
  readonly tag: string
}

const COMPONENT = String.raw`[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*`
const HOST = String.raw`(?:[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9a-fA-F:]+\])(?::\d+)?`
const NAME = new RegExp(
  String.raw`^(?:(${HOST})/)?(${COMPONENT}(?:/${COMPONENT})*)(?::([\w][\w.-]{0,127}))?(?:@(sha256:[0-9a-f]{64}))?$`,
)

/**
 * Undefined for what is no name of an image. What stands before the first slash is a registry if it has a dot, a
 * colon or a capital letter, or is `localhost`. Source: https://github.com/distribution/reference/blob/v0.6.0/reference.go
 */
export function parseImageName(name: string): ImageName | undefined {
  const [matched, first = '', , tag, digest] = NAME.exec(name) ?? []
  if (matched === undefined || name.length > 255) return undefined
  const isRegistry = /[.:A-Z]/.test(first) || first === 'localhost'
  return { registry: isRegistry ? first : 'docker.io', tag: tag ?? digest ?? 'latest' }
}

/** With registry and tag, for engines that do not complete names themselves. `name` is the name of an image. */
export function fullImageName(name: string): string {
  const { registry = 'docker.io' } = parseImageName(name) ?? {}
  const path = name.startsWith(`${registry}/`) ? name : `${registry}/${name.includes('/') ? '' : 'library/'}${name}`
  return /[:@][^/]*$/.test(path) ? path : `${path}:latest`
}
