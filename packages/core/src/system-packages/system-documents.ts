import { actionDocument } from '../model/action-codec.ts'
import type { JsonObject, JsonValue } from '../model/json.ts'
import { isEntityName } from '../model/entity-name.ts'
import { packageDocument } from '../model/package-codec.ts'
import type { Parameters } from '../model/parameters.ts'
import type { PlatformLimits } from '../model/platform-limits.ts'
import { PlatformError } from '../errors.ts'
import { SYSTEM_KIND, SYSTEM_NAMESPACE, type SystemAction, type SystemPackage } from './system-package.ts'

/** A system package as the documents that the entity store would have of it. */
export interface SystemDocuments {
  readonly packageId: string
  /** By document id, the package itself included. */
  readonly documents: ReadonlyMap<string, JsonObject>
}

/** @throws ERR_CONFIG a name is no entity name, or there are two of one name, or no action. */
export function systemDocuments(given: SystemPackage, limits: PlatformLimits, updated: number): SystemDocuments {
  const { name, actions } = given
  requireName(`system package '${name}'`, name)
  if (actions.length === 0) throw new PlatformError('ERR_CONFIG', `system package '${name}' has no actions`)
  const path = `${SYSTEM_NAMESPACE}/${name}`
  const documents = new Map<string, JsonObject>([
    [
      path,
      packageDocument({
        path: SYSTEM_NAMESPACE,
        name,
        version: VERSION,
        publish: given.shared ?? true,
        updated,
        parameters: parametersOf(given.parameters),
        annotations: described(given.annotations, given.description),
      }),
    ],
  ])
  for (const action of actions) {
    const id = `${path}/${action.name}`
    requireName(`action '${action.name}' of system package '${name}'`, action.name)
    if (documents.has(id)) throw new PlatformError('ERR_CONFIG', `system package '${name}' has two '${action.name}'`)
    documents.set(id, documentOf(path, action, limits, updated))
  }
  return { packageId: path, documents }
}

const VERSION = '0.0.1'

function documentOf(path: string, action: SystemAction, limits: PlatformLimits, updated: number): JsonObject {
  const takes = action.takes?.map((parameter): JsonObject => ({ ...parameter }))
  return actionDocument(
    {
      path,
      name: action.name,
      exec: { kind: SYSTEM_KIND, code: { text: '' }, binary: false },
      parameters: parametersOf(action.parameters),
      limits: {
        timeout: action.timeoutMs ?? limits.timeoutMs.std,
        memory: limits.memoryMb.std,
        logs: limits.logsMb.std,
        concurrency: limits.concurrency.std,
      },
      version: VERSION,
      publish: false,
      annotations: [
        ...described(action.annotations, action.description, takes),
        { key: 'provide-api-key', value: false },
        { key: 'exec', value: SYSTEM_KIND },
      ],
      updated,
    },
    { maxInlineCodeBytes: Infinity, attachmentName: '' },
  ).document
}

function parametersOf(values: JsonObject = {}): Parameters {
  return Object.entries(values).map(([key, value]) => ({ key, value }))
}

function described(annotations: JsonObject = {}, description?: string, takes?: JsonValue): Parameters {
  return parametersOf({
    ...(description === undefined ? {} : { description }),
    ...(takes === undefined ? {} : { parameters: takes }),
    ...annotations,
  })
}

function requireName(what: string, name: string): void {
  if (!isEntityName(name)) throw new PlatformError('ERR_CONFIG', `${what}: the name contains illegal characters`)
}
