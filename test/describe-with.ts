import { describe, it } from 'vitest'
import { whyNoCluster } from '../scripts/services/kubernetes/cluster.mjs'

const variables = {
  redis: 'STEMCELL_TEST_REDIS_URL',
  kafka: 'STEMCELL_TEST_KAFKA_BROKERS',
  docker: 'STEMCELL_TEST_DOCKER_SOCKET',
  podman: 'STEMCELL_TEST_PODMAN_SOCKET',
  kubernetes: 'STEMCELL_TEST_KUBECONFIG',
  couchdb: 'COUCHDB_URL',
} as const

export type ServiceName = keyof typeof variables

/** Why this machine cannot have a service at all: no fault of who runs the tests, wherever that is. */
const impossible: Partial<Record<ServiceName, () => string | undefined>> = {
  kubernetes: () => process.env['STEMCELL_NO_KUBERNETES'] || whyNoCluster(),
}

/** Whether a missing service is a failure rather than a skipped suite. */
const mustBeThere = (process.env['CI'] ?? '') !== '' || process.env['STEMCELL_TEST_SERVICES'] === 'all'

/**
 * A suite that needs a real service. `define` gets where it is: a URL, a list of brokers, the path of a socket or of a
 * kubeconfig.
 * Without the service the suite is skipped and its name says how to have it; with `CI` or `STEMCELL_TEST_SERVICES=all`
 * in the environment it fails instead.
 */
export function describeWith(service: ServiceName, title: string, define: (address: string) => void): void {
  const address = process.env[variables[service]]
  if (address) {
    describe(title, () => define(address))
    return
  }
  const no = impossible[service]?.()
  if (no !== undefined) {
    it.skip(`${title} (there is no ${service} here: ${no})`)
    return
  }
  const reason = `${service} is not up; npm run services -- up ${service}, or set ${variables[service]}`
  if (mustBeThere) {
    it(title, () => {
      throw new Error(reason)
    })
    return
  }
  it.skip(`${title} (${reason})`)
}
