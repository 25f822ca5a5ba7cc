import type { AdapterSource, Config } from './config-schema.ts'
import { loadAdapter } from './load-adapter.ts'

const PARTS = [
  'entityStore',
  'subjectStore',
  'activationStore',
  'queue',
  'auth',
  'loadBalancer',
  'containers',
  'logStore',
  'rateLimiter',
  'poolPolicy',
] as const

const STORES: readonly string[] = ['entityStore', 'subjectStore', 'activationStore']

/**
 * Imports every adapter that a configuration names and has it check its options; connects to nothing. Returns a line for
 * each. @throws ERR_CONFIG one is not there, or refuses its options.
 */
export async function checkAdapters(config: Config): Promise<readonly string[]> {
  const checked: string[] = []
  const check = async (part: string, source: AdapterSource): Promise<void> => {
    const { name } = await loadAdapter(part, source)
    checked.push(`${part}: ${name}`)
  }
  for (const part of PARTS) {
    const source = config[part] ?? (STORES.includes(part) ? config.stores : undefined)
    if (source) await check(part, source)
  }
  for (const [name, given] of Object.entries(config.systemPackages)) {
    if (given !== false && given.adapter !== undefined) {
      await check(`systemPackages.${name}`, { adapter: given.adapter, options: given.options })
    }
  }
  return checked
}
