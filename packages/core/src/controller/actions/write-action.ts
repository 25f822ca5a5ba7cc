import type { Action } from '../../model/action.ts'
import type { EntityId } from '../../model/entity-name.ts'
import { isSequence, type Exec } from '../../model/exec.ts'
import { mergeParameters, type Parameters } from '../../model/parameters.ts'
import type { PlatformLimits } from '../../model/platform-limits.ts'
import type { RuntimesManifest } from '../../model/runtimes-manifest.ts'
import { FIRST_VERSION, nextPatch } from '../../model/semantic-version.ts'
import type { ApiOptions } from '../parts/api-options.ts'
import { requireSupportedKind } from '../admission/supported-kind.ts'
import type { ActionSettings } from './parse-action-put.ts'
import type { PutContent } from '../writes/put-content.ts'
import { Refusal } from '../refusals/refusal.ts'

export type ActionPut = PutContent & ActionSettings

const KEY_ANNOTATION = 'provide-api-key'
const KIND_ANNOTATION = 'exec'

/** The action that a PUT makes where there is none. @throws Refusal exec-missing, kind-deprecated */
export function newAction(
  id: EntityId,
  put: ActionPut,
  platform: PlatformLimits,
  manifest: RuntimesManifest,
  now: number,
  { requireApiKeyAnnotation = true }: ApiOptions = {},
): Action {
  const { exec, annotations = [] } = put
  if (!exec) throw new Refusal('exec-missing')
  requireSupportedKind(exec, manifest)
  const isDecided = !requireApiKeyAnnotation || annotations.some(({ key }) => key === KEY_ANNOTATION)
  const withKey = isDecided ? annotations : [...annotations, { key: KEY_ANNOTATION, value: false }]
  return {
    ...id,
    exec,
    parameters: isSequence(exec) ? componentsParameter(exec.components) : (put.parameters ?? []),
    limits: {
      timeout: platform.timeoutMs.std,
      memory: platform.memoryMb.std,
      logs: platform.logsMb.std,
      concurrency: platform.concurrency.std,
      ...put.limits,
    },
    version: put.version ?? FIRST_VERSION,
    publish: put.publish ?? false,
    annotations: withKind(withKey, exec),
    updated: now,
  }
}

/** The action that a PUT makes of one that is there. @throws Refusal kind-deprecated */
export function updatedAction(previous: Action, put: ActionPut, manifest: RuntimesManifest, now: number): Action {
  const exec = put.exec ?? previous.exec
  requireSupportedKind(exec, manifest)
  return {
    path: previous.path,
    name: previous.name,
    exec,
    parameters: updatedParameters(previous, put),
    limits: { ...previous.limits, ...put.limits },
    version: put.version ?? nextPatch(previous.version),
    publish: put.publish ?? previous.publish,
    annotations: withKind(updatedAnnotations(previous, put, exec), exec),
    updated: now,
  }
}

function updatedParameters(previous: Action, { exec, parameters }: ActionPut): Parameters {
  if (exec && isSequence(exec)) return componentsParameter(exec.components)
  if (!isSequence(previous.exec)) return parameters ?? previous.parameters
  return exec ? (parameters ?? []) : previous.parameters
}

function updatedAnnotations(previous: Action, { annotations = [], delAnnotations }: ActionPut, exec: Exec): Parameters {
  const removed = new Set(isSequence(exec) ? [] : delAnnotations)
  return mergeParameters(
    previous.annotations.filter(({ key }) => !removed.has(key)),
    annotations,
  )
}

function withKind(annotations: Parameters, { kind }: Exec): Parameters {
  return mergeParameters(annotations, [{ key: KIND_ANNOTATION, value: kind }])
}

/** A sequence has no parameters but the names of its components. */
function componentsParameter(components: readonly string[]): Parameters {
  return [{ key: '_actions', value: [...components] }]
}
