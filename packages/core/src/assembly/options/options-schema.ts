import * as z from '../../zod/index.ts'
import {
  apiSchema,
  disableStoreResultSchema,
  invokerEnvironmentShape,
  invokerId,
  invokerNameShape,
  invokerShape,
  limitsSchema,
  maxWaitingSchema,
  parameterEncryptionSchema,
  retentionSchema,
  storeLevelsSchema,
  uniqueNameSchema,
  userEventsSchema,
} from './settings-schema.ts'

/** What becomes a name of a topic. */
const id = z.string().regex(/^[a-zA-Z0-9._-]{1,128}$/, 'must be 1 to 128 letters, digits, dots, _ or -')

/** Checked elsewhere, as it is no plain data. */
const anything = z.unknown().optional()

/** An object with these functions. It is looked at, not copied: methods of a class are not its own. */
function methods(names: readonly string[], isWhole: boolean) {
  return z
    .custom<object>((given) => typeof given === 'object' && given !== null, 'give an object with functions')
    .superRefine((given, context) => {
      for (const name of names) {
        const found: unknown = Reflect.get(given, name)
        if (typeof found === 'function' || (found === undefined && !isWhole)) continue
        context.addIssue({
          code: 'custom',
          path: [name],
          message: isWhole ? 'give a function' : 'give a function, or leave it out',
        })
      }
    })
    .optional()
}

const CONTROLLER_EVENTS = [
  'answered',
  'authenticated',
  'admitted',
  'placed',
  'waiting',
  'refused',
  'blockingEnded',
  'acknowledged',
  'gauges',
]
const INVOKER_EVENTS = ['acquired', 'responded', 'started', 'logged', 'stored', 'recordRetried', 'gauges']

const route = z.looseObject({
  method: z.enum(['GET', 'PUT', 'POST', 'DELETE']),
  path: z.string().startsWith('/', 'must begin with a slash'),
  auth: z.literal('none'),
  handle: z.custom((given) => typeof given === 'function', 'give a function'),
})

const mount = z.looseObject({
  path: z.string().regex(/^\/[^?#]*[^/?#]$/, 'must begin with a slash and not end with one'),
  handle: z.custom((given) => typeof given === 'function', 'give a function'),
})

/** An adapter, or a package that is made. */
const systemPackage = z.custom<object>(
  (given) =>
    typeof given === 'object' &&
    given !== null &&
    ('build' in given ? typeof given.build === 'function' : 'name' in given && 'actions' in given),
  'give an adapter, such as alarms() of @stemcell/alarms, or an object with name and actions',
)

/** Every option of `assemble` and its siblings. */
export const optionsSchema = z.strictObject({
  containers: anything,
  queue: anything,
  entityStore: anything,
  subjectStore: anything,
  activationStore: anything,
  auth: anything,
  loadBalancer: anything,
  logStore: anything,
  rateLimiter: anything,
  poolPolicy: anything,
  clock: methods(['now', 'monotonic', 'setTimer', 'sleep'], true),
  random: methods(['bytes', 'below', 'uuid'], true),
  logger: anything,
  limits: limitsSchema.prefault({}),
  parameterEncryption: parameterEncryptionSchema,
  retention: retentionSchema,
  api: apiSchema.optional(),
  routes: z.array(route).optional(),
  links: z.custom((given) => typeof given === 'function', 'give a function').optional(),
  mounts: z.array(mount).optional(),
  systemPackages: z.array(systemPackage).optional(),
  tracer: methods(['begin', 'carrier'], true),
  observers: z
    .strictObject({
      controller: methods(CONTROLLER_EVENTS, false),
      invoker: methods(INVOKER_EVENTS, false),
      event: z.custom((given) => typeof given === 'function', 'give a function').optional(),
    })
    .optional(),
  userEvents: userEventsSchema,
  storeLevels: storeLevelsSchema.optional(),
  disableStoreResult: disableStoreResultSchema,
  manifest: anything,
  platformId: z.string().min(1).optional(),
  controllerId: id.optional(),
  maxWaiting: maxWaitingSchema,
  invoker: z
    .strictObject({ userMemoryMb: z.int().min(1).default(2048), ...invokerShape, ...invokerEnvironmentShape })
    .prefault({}),
  invokerInstance: z.strictObject({ id: invokerId, uniqueName: uniqueNameSchema, ...invokerNameShape }).optional(),
  apiHost: z.string().optional(),
  build: z.strictObject({ date: z.string(), number: z.string() }).optional(),
  openTimeoutMs: z.int().min(1).default(60_000),
})
