import { isPlatformError, PlatformError, type AdapterContext } from '@stemcell/core'
import { ApiRefusal, reasonOf } from '../api/api-refusal.ts'
import { ApiServer } from '../api/api-server.ts'
import { requirePermissions } from '../access/permissions.ts'
import type { KubernetesContainersSettings } from '../kubernetes-containers-options.ts'
import { findCluster } from './find-cluster.ts'

const PAUSE_MS = 100
/** Errors of TLS, which no patience helps against. */
const TLS = /^(ERR_TLS|ERR_SSL|ERR_OSSL|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_)/

export interface Cluster {
  readonly server: ApiServer
  readonly namespace: string
}

/**
 * Resolves once the API server answers, and has said that everything will be allowed.
 * @throws ERR_CONFIG      there is no description of a cluster, or one that cannot be used, or something is not allowed.
 * @throws ERR_UNAVAILABLE nothing answered in time.
 */
export async function connect(settings: KubernetesContainersSettings, context: AdapterContext): Promise<Cluster> {
  const { clock, logger } = context
  const access = await findCluster(settings)
  const server = new ApiServer(access, settings.requestTimeoutMs, clock)
  const namespace = settings.namespace ?? access.namespace
  const where = `${access.server.origin} (${access.source})`
  const deadline = clock.monotonic() + settings.connectTimeoutMs
  try {
    for (;;) {
      try {
        await requirePermissions(server, namespace, logger)
        logger.info({ server: access.server.origin, namespace }, 'containers run on Kubernetes')
        return { server, namespace }
      } catch (error) {
        if (isPlatformError(error, 'ERR_CONFIG')) throw error
        const isFinal = isForGood(error)
        if (!isFinal && clock.monotonic() < deadline) {
          await clock.sleep(PAUSE_MS)
          continue
        }
        const what = `${where} ${error instanceof ApiRefusal ? 'refuses' : 'does not answer'}: ${reasonOf(error)}`
        const fix =
          error instanceof ApiRefusal && error.status === 401
            ? ': the credentials are wrong, or have ended'
            : TLS.test(reasonOf(error))
              ? ': name the certificate authority of this server in the kubeconfig'
              : ''
        const code = isFinal ? 'ERR_CONFIG' : 'ERR_UNAVAILABLE'
        throw new PlatformError(code, `@stemcell/spi-kubernetes: the API server at ${what}${fix}`, { cause: error })
      }
    }
  } catch (error) {
    await server.close()
    throw error
  }
}

function isForGood(error: unknown): boolean {
  if (error instanceof ApiRefusal) return error.status < 500 && error.status !== 429
  return TLS.test(reasonOf(error))
}
