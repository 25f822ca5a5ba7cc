import { parametersJson } from '../../model/activation-codec.ts'
import type { JsonObject, JsonValue } from '../../model/json.ts'
import { isJsonObject } from '../../model/json.ts'
import { bindingJson } from '../../model/package-codec.ts'
import type { Package } from '../../model/package.ts'

/** A package as the API shows it, without what is in it. */
export function packageJson(pkg: Package): JsonObject {
  return {
    namespace: pkg.path,
    name: pkg.name,
    binding: bindingJson(pkg.binding),
    parameters: parametersJson(pkg.parameters),
    version: pkg.version,
    publish: pkg.publish,
    annotations: parametersJson(pkg.annotations),
    updated: pkg.updated,
  }
}

/** The actions of a package, given the rows of their index; those annotated as feeds are shown apart. */
export function contentsJson(actions: readonly JsonValue[]): JsonObject {
  const contents: { actions: JsonObject[]; feeds: JsonObject[] } = { actions: [], feeds: [] }
  for (const action of actions) {
    if (!isJsonObject(action)) continue
    const { name = '', version = '', annotations = [] } = action
    contents[isFeed(annotations) ? 'feeds' : 'actions'].push({ name, version, annotations })
  }
  return contents
}

function isFeed(annotations: JsonValue): boolean {
  return Array.isArray(annotations) && annotations.some((item) => isJsonObject(item) && item['key'] === 'feed')
}
