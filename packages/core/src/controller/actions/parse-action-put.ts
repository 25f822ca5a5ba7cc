import type { ActionLimits } from '../../model/action-limits.ts'
import type { JsonObject } from '../../model/json.ts'
import { optional, requireTexts } from '../writes/json-readers.ts'
import { parseLimits } from './parse-limits.ts'
import { parseVersionAndPublish } from '../writes/put-fields.ts'

/** What a PUT says about an action besides its contents. */
export interface ActionSettings {
  readonly limits?: Partial<ActionLimits>
  readonly version?: string
  readonly publish?: boolean
  /** Names of annotations to be removed. */
  readonly delAnnotations?: readonly string[]
}

/** @throws Refusal */
export function parseActionSettings(body: JsonObject): ActionSettings {
  const limits = optional(body['limits'], parseLimits)
  const head = parseVersionAndPublish(body)
  const delAnnotations = optional(body['delAnnotations'], requireTexts)
  return { ...(limits && { limits }), ...head, ...(delAnnotations && { delAnnotations }) }
}
