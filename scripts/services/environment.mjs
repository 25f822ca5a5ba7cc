import { existsSync, readdirSync } from 'node:fs'
import { readState, servicesRoot } from './service.mjs'

/** How tests find the services that `npm run services -- up` started. */
export function servicesEnvironment() {
  if (!existsSync(servicesRoot)) return {}
  return Object.assign({}, ...readdirSync(servicesRoot).map((name) => readState(name)?.env ?? {}))
}
