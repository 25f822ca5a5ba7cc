import { z } from 'zod'
import type { JsonValue } from './model.ts'

const json: z.ZodType<JsonValue> = z.json()
const values = z.record(z.string(), json)

const limits = z.strictObject({
  timeout: z.int().min(1).optional(),
  memory: z.int().min(1).optional(),
  logs: z.int().min(0).optional(),
  concurrency: z.int().min(1).optional(),
})

const web = z.union([z.boolean(), z.enum(['yes', 'no', 'raw', 'true', 'false'])])

const cron = z.union([
  z.string().min(1),
  z.strictObject({ schedule: z.string().min(1), parameters: values.optional(), timezone: z.string().optional() }),
])

const action = z.strictObject({
  file: z.string().min(1).optional(),
  kind: z.string().min(1).optional(),
  main: z.string().min(1).optional(),
  docker: z.string().min(1).optional(),
  native: z.boolean().optional(),
  limits: limits.optional(),
  parameters: values.optional(),
  annotations: values.optional(),
  web: web.optional(),
  'web-secure': z.union([z.string(), z.int(), z.boolean()]).optional(),
  cron: cron.optional(),
})

const names = z.array(z.string().min(1)).min(1)
const sequence = z.union([
  names,
  z.strictObject({
    actions: names,
    annotations: values.optional(),
    limits: limits.optional(),
    web: web.optional(),
    cron: cron.optional(),
  }),
])

const inPackage = {
  actions: z.record(z.string(), action.nullable()).optional(),
  sequences: z.record(z.string(), sequence).optional(),
}

const pack = z.strictObject({
  ...inPackage,
  parameters: values.optional(),
  annotations: values.optional(),
  shared: z.boolean().optional(),
  /** `/namespace/package` */
  bind: z.string().min(1).optional(),
})

const trigger = z.strictObject({
  parameters: values.optional(),
  annotations: values.optional(),
  feed: z
    .union([z.string().min(1), z.strictObject({ action: z.string().min(1), parameters: values.optional() })])
    .optional(),
  cron: z.string().min(1).optional(),
})

const rule = z.strictObject({
  trigger: z.string().min(1),
  action: z.string().min(1),
  annotations: values.optional(),
})

const operation = z.union([
  z.string().min(1),
  z.strictObject({ action: z.string().min(1), response: z.enum(['http', 'json', 'text', 'html', 'svg']).optional() }),
])

/** What `stemcell.yaml` may say. */
export const settingsSchema = z.strictObject({
  /** Marks what is deployed. Default: the name of the folder. */
  name: z.string().min(1).optional(),
  /** Other projects that are deployed with this one, by their folders. */
  projects: z.array(z.string().min(1)).optional(),
  packages: z.record(z.string(), pack.nullable()).optional(),
  /** Of the default package. */
  ...inPackage,
  triggers: z.record(z.string(), trigger.nullable()).optional(),
  rules: z.record(z.string(), rule).optional(),
  /** By base path; in it by `VERB /path`. */
  apis: z.record(z.string().startsWith('/'), z.record(z.string(), operation)).optional(),
})

export type Settings = z.output<typeof settingsSchema>
export type ActionEntry = z.output<typeof action>
export type SequenceEntry = z.output<typeof sequence>
export type Cron = z.output<typeof cron>
