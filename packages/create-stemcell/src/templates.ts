/** What a project may begin as, and what it is for. */
export const TEMPLATES = {
  platform: 'a platform of your own, with a server and a first action',
  scheduler: 'a load balancer, with its conformance kit',
  adapter: 'an adapter for one of the contracts, with its conformance kit',
  actions: 'actions, tested on a platform in the test, deployed to a server',
} as const

export type TemplateName = keyof typeof TEMPLATES

/**
 * The contracts that there is a template for, and the folder of each; the three stores have one backend, and a load
 * balancer is the template `scheduler`.
 */
export const SPIS = {
  queue: 'queue',
  'entity-store': 'stores',
  'subject-store': 'stores',
  'activation-store': 'stores',
  auth: 'auth',
  'load-balancer': 'load-balancer',
  'container-factory': 'container-factory',
  'log-store': 'log-store',
  'rate-limiter': 'rate-limiter',
  'pool-policy': 'pool-policy',
  'system-package': 'system-package',
} as const

export type Spi = keyof typeof SPIS

export function isTemplate(name: string): name is TemplateName {
  return Object.hasOwn(TEMPLATES, name)
}

export function isSpi(name: string): name is Spi {
  return Object.hasOwn(SPIS, name)
}
