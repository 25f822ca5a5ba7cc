import { servicesEnvironment } from '../scripts/services/environment.mjs'

const VARIABLES = {
  redis: 'STEMCELL_TEST_REDIS_URL',
  kafka: 'STEMCELL_TEST_KAFKA_BROKERS',
  docker: 'STEMCELL_TEST_DOCKER_SOCKET',
  podman: 'STEMCELL_TEST_PODMAN_SOCKET',
  kubernetes: 'STEMCELL_TEST_KUBECONFIG',
  couchdb: 'COUCHDB_URL',
}

/** Nothing of a bench can be measured without a service that is not up. */
export class ServiceMissing extends Error {}

/** Where a service is: a URL, a list of brokers or the path of a socket. Undefined when it is not up. */
export function addressOf(service) {
  return { ...servicesEnvironment(), ...process.env }[VARIABLES[service]] || undefined
}

/** What is missing and how to have it. */
export function howToHave(service) {
  return `${service} is not up: npm run services -- up ${service}, or set ${VARIABLES[service]}`
}

/** @throws ServiceMissing */
export function requireService(service) {
  const address = addressOf(service)
  if (address === undefined) throw new ServiceMissing(howToHave(service))
  return address
}
