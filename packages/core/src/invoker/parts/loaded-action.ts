import { limitsJson } from '../../model/action-codec.ts'
import { fixedParameter } from '../../model/activation-codec.ts'
import type { Action } from '../../model/action.ts'
import { isBlackbox, isSequence } from '../../model/exec.ts'
import type { Parameter } from '../../model/parameters.ts'
import type { RuntimesManifest } from '../../model/runtimes-manifest.ts'

/** One revision of an action with its code: all that is needed to run it. Never changes. */
export interface LoadedAction {
  readonly action: Action
  readonly revision: string
  readonly kind: string
  readonly image: string
  readonly userImage: boolean
  /** The runtime marks the end of each activation's log. */
  readonly marksLogEnd: boolean
  /** Truthy annotation `repeatable`: may be run again when it is not known whether it was run. */
  readonly repeatable: boolean
  /** The annotations that are the same in every record. */
  readonly kindAnnotation: Parameter
  readonly limitsAnnotation: Parameter
  /** The members `name`, `main`, `binary` and `code` of the body of `/init`, JSON text without braces. */
  readonly initFieldsText: string
}

/** Undefined when the action cannot be run here: it is a sequence, or the manifest lacks its kind. */
export function loadedAction(
  action: Action,
  revision: string,
  code: string | undefined,
  repeatable: boolean,
  manifest: RuntimesManifest,
): LoadedAction | undefined {
  const { exec, name } = action
  if (isSequence(exec)) return undefined
  const native = isBlackbox(exec) ? manifest.nativeImage(exec.image) : undefined
  const runtime = isBlackbox(exec) ? undefined : manifest.runtime(exec.kind)
  if (!isBlackbox(exec) && !runtime) return undefined
  const fields = {
    name,
    main: exec.main ?? 'main',
    binary: exec.binary,
    ...(code === undefined ? {} : { code }),
  }
  return {
    action,
    revision,
    kind: exec.kind,
    image: isBlackbox(exec) ? (native ?? exec.image) : runtime!.image,
    userImage: !runtime && native === undefined,
    marksLogEnd: runtime ? runtime.sentinelledLogs : native !== undefined,
    repeatable,
    kindAnnotation: fixedParameter({ key: 'kind', value: exec.kind }),
    limitsAnnotation: fixedParameter({ key: 'limits', value: limitsJson(action.limits) }),
    initFieldsText: JSON.stringify(fields).slice(1, -1),
  }
}
