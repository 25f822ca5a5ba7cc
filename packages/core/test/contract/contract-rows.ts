import { actionReadRows } from './action-read-rows.ts'
import { actionWriteRows } from './action-write-rows.ts'
import { activationRows } from './activation-rows.ts'
import { bindingRows } from './binding-rows.ts'
import type { ContractRow } from './contract-row.ts'
import { identityRows } from './identity-rows.ts'
import { invokeRows } from './invoke-rows.ts'
import { packageEntityRows } from './package-entity-rows.ts'
import { packageRows } from './package-rows.ts'
import { ruleRows } from './rule-rows.ts'
import { surfaceRows } from './surface-rows.ts'
import { triggerRows } from './trigger-rows.ts'

/** Every fact of the API, by area. */
export const CONTRACT: Readonly<Record<string, readonly ContractRow[]>> = {
  surface: surfaceRows,
  'callers and names': identityRows,
  'writing actions': actionWriteRows,
  'reading actions': actionReadRows,
  'actions in packages': packageRows,
  packages: packageEntityRows,
  bindings: bindingRows,
  triggers: triggerRows,
  rules: ruleRows,
  invocations: invokeRows,
  activations: activationRows,
}
