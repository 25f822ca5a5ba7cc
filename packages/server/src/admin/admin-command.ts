import { z } from '@stemcell/core/schema'

const subject = z.string()
const namespace = z.string()

/** An administrative command, as it travels to a running server. */
export const adminCommand = z.discriminatedUnion('do', [
  z.strictObject({
    do: z.literal('user create'),
    subject,
    namespace: namespace.optional(),
    /** `uuid:key` to be issued. */
    auth: z.string().optional(),
    revoke: z.boolean(),
    silent: z.boolean(),
  }),
  z.strictObject({ do: z.literal('user delete'), subject, namespace: namespace.optional() }),
  z.strictObject({ do: z.literal('user get'), subject, namespace: namespace.optional(), all: z.boolean() }),
  z.strictObject({ do: z.literal('user whois'), auth: z.string() }),
  z.strictObject({ do: z.literal('user block'), subjects: z.array(subject) }),
  z.strictObject({ do: z.literal('user unblock'), subjects: z.array(subject) }),
  z.strictObject({
    do: z.literal('user list'),
    namespace,
    /** Without it: all. */
    pick: z.int().min(1).optional(),
    keysOnly: z.boolean(),
  }),
  /** The limits are checked where they are set. */
  z.strictObject({ do: z.literal('limits set'), namespace, limits: z.record(z.string(), z.unknown()) }),
  z.strictObject({ do: z.literal('limits get'), namespace }),
  z.strictObject({ do: z.literal('limits delete'), namespace }),
  z.strictObject({ do: z.literal('invoker status') }),
  z.strictObject({ do: z.literal('invoker enable') }),
  z.strictObject({ do: z.literal('invoker disable') }),
  /** What still waits or runs after so many seconds is ended. */
  z.strictObject({ do: z.literal('invoker drain'), seconds: z.number().min(0) }),
  z.strictObject({
    do: z.literal('db get'),
    database: z.enum(['subjects', 'whisks', 'activations']),
    documents: z.boolean(),
  }),
  z.strictObject({ do: z.literal('db init') }),
  z.strictObject({ do: z.literal('db migrate') }),
  z.strictObject({ do: z.literal('db check') }),
  z.strictObject({ do: z.literal('db repair') }),
  /** Files are of the machine and the user of the server. */
  z.strictObject({ do: z.literal('db export'), file: z.string() }),
  z.strictObject({ do: z.literal('db import'), file: z.string(), overwrite: z.boolean() }),
])

export type AdminCommand = z.output<typeof adminCommand>
