import type { Exec } from '../../model/exec.ts'
import type { RuntimesManifest } from '../../model/runtimes-manifest.ts'
import { HttpError } from '../http/http-error.ts'
import { kindDeprecated } from '../http/texts.ts'

/** A kind that was retired may be read and deleted only. @throws HttpError 400 */
export function requireSupportedKind({ kind }: Exec, manifest: RuntimesManifest): void {
  if (manifest.runtime(kind)?.deprecated) throw new HttpError(400, kindDeprecated(kind))
}
