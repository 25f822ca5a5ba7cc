import type { Action } from '../../model/action.ts'
import { limitsJson } from '../../model/action-codec.ts'
import { parametersJson } from '../../model/activation-codec.ts'
import { isBlackbox, isSequence, type Exec } from '../../model/exec.ts'
import type { JsonObject } from '../../model/json.ts'

/**
 * An action as the API shows it. `code` is undefined when it is not to be shown, or when there is none; `binding`
 * is the path of the binding through which it was read.
 */
export function actionJson(action: Action, code: string | undefined, binding?: string): JsonObject {
  const { path, name, version, publish, exec, parameters, limits, annotations, updated } = action
  return {
    namespace: path,
    name,
    version,
    publish,
    exec: execJson(exec, code),
    parameters: parametersJson(parameters),
    limits: limitsJson(limits),
    annotations: parametersJson(annotations),
    updated,
    ...(binding === undefined ? {} : { binding }),
  }
}

function execJson(exec: Exec, code: string | undefined): JsonObject {
  if (isSequence(exec)) return { kind: exec.kind, components: [...exec.components] }
  return {
    kind: exec.kind,
    ...(isBlackbox(exec) ? { image: exec.image } : {}),
    ...(code === undefined ? {} : { code }),
    binary: exec.binary,
    ...(exec.main === undefined ? {} : { main: exec.main }),
  }
}
