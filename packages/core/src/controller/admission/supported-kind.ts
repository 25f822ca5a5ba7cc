import type { Exec } from '../../model/exec.ts'
import type { RuntimesManifest } from '../../model/runtimes-manifest.ts'
import { Refusal } from '../refusals/refusal.ts'

/** A kind that was retired may be read and deleted only. @throws Refusal kind-deprecated */
export function requireSupportedKind({ kind }: Exec, manifest: RuntimesManifest): void {
  if (manifest.runtime(kind)?.deprecated) throw new Refusal('kind-deprecated', { kind })
}
