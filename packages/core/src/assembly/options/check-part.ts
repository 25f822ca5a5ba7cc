import validRange from 'semver/ranges/valid.js'
import { PlatformError } from '../../errors.ts'
import { lacks, PART_NAMES, type PartName } from './part-methods.ts'

/** What stands for each part when somebody looks for one. */
const EXAMPLES: Readonly<Record<PartName, string>> = {
  containers: 'memoryContainers(), or processContainers({ dir }) of @stemcell/spi-process',
  queue: 'memoryQueue(), or redisQueue({ url }) of @stemcell/spi-redis',
  entityStore: 'memoryEntityStore(), or levelStores({ dir }).entityStore of @stemcell/spi-level',
  subjectStore: 'memorySubjectStore(), or levelStores({ dir }).subjectStore of @stemcell/spi-level',
  activationStore: 'memoryActivationStore(), or levelStores({ dir }).activationStore of @stemcell/spi-level',
  auth: 'storeAuth() or staticAuth([…])',
  loadBalancer: 'leastLoadedBalancer() or shardingBalancer()',
  logStore: 'recordLogStore()',
  rateLimiter: 'localRateLimiter(), or redisRateLimiter({ url }) of @stemcell/spi-redis',
  poolPolicy: 'an object with keepAlive, victim, reuseWait and stemCells',
}

/** @throws ERR_CONFIG what was given for a part is neither an adapter nor an instance of it. */
export function checkPart(part: PartName, given: unknown): void {
  const problem = problemOf(part, given)
  if (problem !== undefined) throw new PlatformError('ERR_CONFIG', `${part}${nameOf(given)}: ${problem}`)
}

/** @throws ERR_CONFIG what `build` of an adapter returned is not the part. */
export function checkBuilt(part: PartName, adapter: string, built: unknown): void {
  const refuse = (problem: string): never => {
    throw new PlatformError('ERR_CONFIG', `${part} (${adapter}): ${problem}; use another adapter or version of it`)
  }
  if (typeof built !== 'object' || built === null) refuse(`its build() returned ${nounOf(built)}`)
  else if ('then' in built) refuse('its build() returned a promise, where connecting is the business of open()')
  else {
    const lacking = lacks(part, built)
    if (lacking !== undefined) refuse(`what its build() returned ${lacking}`)
  }
}

function problemOf(part: PartName, given: unknown): string | undefined {
  const instead = `give ${EXAMPLES[part]}`
  if (typeof given === 'function') {
    return `is the function ${given.name || 'without a name'}, not what it makes: call it, or ${instead}`
  }
  if (typeof given === 'string') {
    return `is a string: names of packages are for configuration files; in code import the adapter, ${instead}`
  }
  if (typeof given !== 'object' || given === null || Array.isArray(given)) return `is ${nounOf(given)}: ${instead}`
  if ('then' in given) return `is a promise: await it before it is given`
  if ('build' in given) return problemOfAdapter(given)
  const lacking = lacks(part, given)
  if (lacking === undefined) return undefined
  const inside = PART_NAMES.filter((name) => name in given)
  if (inside.length > 0) {
    const one = inside.includes(part)
      ? `its ${part}, or spread all of them with ...`
      : `one that has a ${part}, or ${instead}`
    return `holds ${inside.join(', ')}: give ${one}`
  }
  return `is no adapter, and ${lacking}: ${instead}`
}

function problemOfAdapter({
  build,
  name,
  core,
}: {
  build: unknown
  name?: unknown
  core?: unknown
}): string | undefined {
  if (typeof build !== 'function')
    return `its build is ${nounOf(build)}: an adapter has name, core and the function build`
  if (typeof name !== 'string' || name === '') return 'has no name: an adapter has name, core and build'
  if (typeof core !== 'string' || validRange(core) === null) {
    return 'has no range of core versions: say for what it was built, e.g. core: "^0.1.0"'
  }
  return undefined
}

/** As other messages name an adapter. */
function nameOf(given: unknown): string {
  if (typeof given !== 'object' || given === null || !('build' in given) || !('name' in given)) return ''
  return typeof given.name === 'string' ? ` (${given.name})` : ''
}

/** With its article. */
export function nounOf(value: unknown): string {
  if (value === null || value === undefined) return String(value)
  if (Array.isArray(value)) return 'a list'
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`
}
