import { readAction, isActionDocument } from '../../model/action-codec.ts'
import type { JsonObject } from '../../model/json.ts'
import { parametersAsObject } from '../../model/parameters.ts'
import type { ControllerParts } from '../parts/controller-parts.ts'
import type { AfterWrite } from '../entities/entity-writer.ts'

/** Tells system packages of written actions; undefined when none of them asks. */
export function actionListener({ system }: ControllerParts): AfterWrite | undefined {
  const listeners = system?.packages.filter((pkg) => 'actionWritten' in pkg) ?? []
  if (listeners.length === 0) return undefined
  return async (id, document) => {
    const slash = id.indexOf('/')
    const written = { namespace: id.slice(0, slash), name: id.slice(slash + 1), annotations: annotationsOf(document) }
    for (const pkg of listeners) await pkg.actionWritten?.(written)
  }
}

function annotationsOf(document: JsonObject | undefined): JsonObject | undefined {
  if (document === undefined || !isActionDocument(document)) return undefined
  return parametersAsObject(readAction(document).annotations)
}
