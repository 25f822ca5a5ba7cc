/** The options that are parts of a platform, with the methods that their contracts cannot do without. */
export const PART_METHODS = {
  containers: ['create', 'list', 'reap'],
  queue: ['ensureTopic', 'publish', 'subscribe'],
  entityStore: ['get', 'put', 'delete', 'list', 'count', 'readAttachment', 'attachments', 'scan'],
  subjectStore: ['get', 'put', 'delete', 'list', 'count', 'scan'],
  activationStore: [
    'get',
    'put',
    'list',
    'count',
    'putProvisional',
    'discardProvisional',
    'finalizeOrphans',
    'owners',
    'expire',
    'scan',
  ],
  auth: ['authenticate', 'identityOf'],
  loadBalancer: ['place'],
  logStore: ['keep', 'fetch'],
  rateLimiter: ['enter', 'countFire', 'leave'],
  poolPolicy: ['keepAlive', 'victim', 'reuseWait', 'stemCells'],
} as const satisfies Readonly<Record<string, readonly string[]>>

export type PartName = keyof typeof PART_METHODS

export const PART_NAMES = Object.keys(PART_METHODS) as readonly PartName[]

/** Parts whose contract has `capabilities`. */
const WITH_CAPABILITIES: ReadonlySet<PartName> = new Set([
  'containers',
  'queue',
  'entityStore',
  'subjectStore',
  'activationStore',
  'auth',
  'logStore',
  'rateLimiter',
])

/** What an object lacks to be that part, in words; undefined when it lacks nothing. */
export function lacks(part: PartName, given: object): string | undefined {
  const missing = PART_METHODS[part].filter((name) => typeof Reflect.get(given, name) !== 'function')
  if (missing.length > 0) return `has no ${missing.map((name) => `${name}()`).join(', ')}`
  if (!WITH_CAPABILITIES.has(part)) return undefined
  const capabilities: unknown = Reflect.get(given, 'capabilities')
  return typeof capabilities === 'object' && capabilities !== null ? undefined : 'has no capabilities'
}
