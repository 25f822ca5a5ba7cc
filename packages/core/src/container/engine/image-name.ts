/** Docker's rule: the first part is a registry if it could be a host. */
const REGISTRY = /^(localhost|[^/]*[.:][^/]*)\//

/** The registry that an image name mentions; without one it is Docker Hub. */
export function registryOf(image: string): string {
  return REGISTRY.exec(image)?.[1] ?? 'docker.io'
}

/** With registry and tag, for engines that do not complete names themselves. */
export function fullImageName(image: string): string {
  const path = REGISTRY.test(image) ? image : `docker.io/${image.includes('/') ? '' : 'library/'}${image}`
  return /[:@][^/]*$/.test(path) ? path : `${path}:latest`
}

/** The name stands for whatever was pushed last. */
export function isMovingTag(image: string): boolean {
  return fullImageName(image).endsWith(':latest')
}

/** Docker's reference grammar, near enough to keep everything else out of addresses of the engine's API. */
export function isImageName(image: string): boolean {
  return (
    image.length <= 512 &&
    /^[a-zA-Z0-9][\w.-]*(:\d+)?(\/[a-z0-9][\w.-]*)*(:\w[\w.-]{0,127})?(@sha256:[0-9a-f]{64})?$/.test(image)
  )
}
