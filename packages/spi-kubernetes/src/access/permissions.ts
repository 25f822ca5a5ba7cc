import { PlatformError, type Logger } from '@stemcell/core'
import { reasonOf, refusedWith } from '../api/api-refusal.ts'
import type { ApiServer } from '../api/api-server.ts'

/** What may be done to what. */
export interface Permission {
  readonly verb: string
  readonly resource: string
}

const ALWAYS: readonly Permission[] = [
  { verb: 'create', resource: 'pods' },
  { verb: 'delete', resource: 'pods' },
  { verb: 'list', resource: 'pods' },
  { verb: 'watch', resource: 'pods' },
  { verb: 'get', resource: 'pods/attach' },
]
/** From 1.35 on a connection is something that is created, however it is asked for. */
const CREATES_CONNECTIONS = 35

/** All that the factory does in its namespace, on a server of this minor version. */
export function neededPermissions(minor: number): readonly Permission[] {
  return minor < CREATES_CONNECTIONS ? ALWAYS : [...ALWAYS, { verb: 'create', resource: 'pods/attach' }]
}

/**
 * Asks the API server whether it would allow all that will be asked of it.
 * @throws ERR_CONFIG it would not; the message names each verb and resource that is missing.
 * @throws ApiRefusal, or the driver's error.
 */
export async function requirePermissions(server: ApiServer, namespace: string, logger: Logger): Promise<void> {
  const { minor } = await server.call<{ readonly minor: string }>('GET', '/version')
  const needed = neededPermissions(Number.parseInt(minor, 10))
  const allowed = await Promise.all(needed.map((one) => isAllowed(server, namespace, one, logger)))
  const missing = needed.filter((_one, index) => !allowed[index]).map(({ verb, resource }) => `${verb} ${resource}`)
  if (missing.length === 0) return
  const fix = 'give its user the Role of the README of @stemcell/spi-kubernetes'
  throw new PlatformError(
    'ERR_CONFIG',
    `@stemcell/spi-kubernetes: no permission in namespace ${namespace} to ${missing.join(', ')}: ${fix}`,
  )
}

async function isAllowed(
  server: ApiServer,
  namespace: string,
  { verb, resource: full }: Permission,
  logger: Logger,
): Promise<boolean> {
  const [resource, subresource] = full.split('/')
  const body = {
    apiVersion: 'authorization.k8s.io/v1',
    kind: 'SelfSubjectAccessReview',
    spec: { resourceAttributes: { namespace, verb, resource, ...(subresource && { subresource }) } },
  }
  try {
    const path = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews'
    const { status } = await server.call<{ readonly status: { readonly allowed: boolean } }>('POST', path, { body })
    return status.allowed
  } catch (error) {
    if (refusedWith(error) !== 403) throw error
    // Everybody may ask, unless an administrator has taken even that away.
    logger.warn({ reason: reasonOf(error) }, 'the Kubernetes API does not say what is allowed')
    return true
  }
}
