import { isJsonObject, type ApiClient, type JsonValue, type Logger, type SystemPackageContext } from '@stemcell/core'
import type { Schedule } from '../schedule/schedule.ts'

/** Deletes a trigger that was to be fired once, with its rules when they were to go, too. What is gone is no failure. */
export async function removeTrigger(
  { clientOf, logger }: Pick<SystemPackageContext, 'clientOf'> & { readonly logger: Logger },
  { key, namespace, trigger }: Schedule,
  withRules: boolean,
): Promise<void> {
  // An action invokes itself and has no trigger.
  if (!key) return
  const client = clientOf(key)
  const path = `triggers/${encodeURIComponent(trigger)}`
  if (withRules) {
    const { body } = await client.request('GET', path)
    for (const rule of ruleNames(body)) await remove(client, `rules/${encodeURIComponent(rule)}`)
  }
  await remove(client, path)

  async function remove(from: ApiClient, entity: string): Promise<void> {
    const { status } = await from.request('DELETE', entity)
    if (status !== 200 && status !== 404) logger.warn({ namespace, entity, status }, 'what fired once was not deleted')
  }
}

/** Names of the rules that a trigger lists, `namespace/name` each. */
function ruleNames(trigger: JsonValue | undefined): string[] {
  const rules = isJsonObject(trigger) ? trigger['rules'] : undefined
  if (!isJsonObject(rules)) return []
  return Object.keys(rules).map((id) => id.slice(id.indexOf('/') + 1))
}
