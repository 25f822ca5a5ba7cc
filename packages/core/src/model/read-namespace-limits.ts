import * as z from '../zod/index.ts'
import { numberOf, type JsonObject, type JsonValue } from './json.ts'
import type { NamespaceLimits } from './namespace-limits.ts'
import { parseByteSize } from './byte-size.ts'

const count = z.int().optional()
const size = z
  .string()
  .refine((text) => parseByteSize(text) !== undefined)
  .optional()

/** The `<namespace>/limits` document. */
export const namespaceLimitsSchema = z.object({
  invocationsPerMinute: count,
  concurrentInvocations: count,
  firesPerMinute: count,
  allowedKinds: z.array(z.string()).optional(),
  storeActivations: z.boolean().optional(),
  minActionMemory: count,
  maxActionMemory: count,
  minActionLogs: count,
  maxActionLogs: count,
  minActionTimeout: count,
  maxActionTimeout: count,
  minActionConcurrency: count,
  maxActionConcurrency: count,
  maxParameterSize: size,
  maxPayloadSize: size,
  truncationSize: size,
  warmedContainerKeepingCount: count,
  warmedContainerKeepingTimeout: z.string().optional(),
  maxActionInstances: count,
})

/** A malformed document counts as no overrides, as OpenWhisk treats it. */
export function readNamespaceLimits(document: JsonObject): NamespaceLimits {
  const parsed = namespaceLimitsSchema.safeParse(withDoubles(document))
  if (!parsed.success) return {}
  return Object.fromEntries(Object.entries(parsed.data).filter(([, value]) => value !== undefined))
}

function withDoubles(document: JsonObject): Record<string, JsonValue> {
  return Object.fromEntries(Object.entries(document).map(([name, value]) => [name, numberOf(value) ?? value]))
}
