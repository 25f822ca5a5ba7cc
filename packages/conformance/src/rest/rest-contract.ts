import type { ContractRow } from './contract-row.ts'
import { actionReadRows } from './rows/action-read-rows.ts'
import { actionWriteRows } from './rows/action-write-rows.ts'
import { activationRows } from './rows/activation-rows.ts'
import { alarmRows } from './rows/alarm-rows.ts'
import { apimgmtRows } from './rows/apimgmt-rows.ts'
import { bindingRows } from './rows/binding-rows.ts'
import { callerRows } from './rows/caller-rows.ts'
import { compositionRows } from './rows/composition-rows.ts'
import { docsRows } from './rows/docs-rows.ts'
import { feedRows } from './rows/feed-rows.ts'
import { invokeRows } from './rows/invoke-rows.ts'
import { nameRows } from './rows/name-rows.ts'
import { numberRows } from './rows/number-rows.ts'
import { ownLimitRows } from './rows/own-limit-rows.ts'
import { packageEntityRows } from './rows/package-entity-rows.ts'
import { packageRows } from './rows/package-rows.ts'
import { privilegeRows } from './rows/privilege-rows.ts'
import { pythonRows } from './rows/python-rows.ts'
import { ruleRows } from './rows/rule-rows.ts'
import { sequenceRunRows } from './rows/sequence-run-rows.ts'
import { sequenceWriteRows } from './rows/sequence-write-rows.ts'
import { surfaceRows } from './rows/surface-rows.ts'
import { throttleRows } from './rows/throttle-rows.ts'
import { triggerRows } from './rows/trigger-rows.ts'
import { accessRows } from './rows/web/access-rows.ts'
import { argumentRows } from './rows/web/argument-rows.ts'
import { bodyRows } from './rows/web/body-rows.ts'
import { httpRows } from './rows/web/http-rows.ts'
import { pathRows } from './rows/web/path-rows.ts'
import { responseRows } from './rows/web/response-rows.ts'
import { webRows } from './web-row.ts'

/** Rows about one part of the API. */
export interface RestArea {
  /** Number of the section of the interface that they are about. */
  readonly section: number
  readonly name: string
  readonly rows: readonly ContractRow[]
}

/** Every fact of the API, by area. */
export const REST_CONTRACT: readonly RestArea[] = [
  { section: 1, name: 'surface', rows: surfaceRows },
  { section: 1, name: 'documents', rows: docsRows },
  { section: 2, name: 'callers', rows: callerRows },
  { section: 3, name: 'names', rows: nameRows },
  { section: 4, name: 'writing actions', rows: actionWriteRows },
  { section: 4, name: 'reading actions', rows: actionReadRows },
  { section: 4, name: 'invocations', rows: invokeRows },
  { section: 4, name: 'Python', rows: pythonRows },
  { section: 4, name: 'numbers', rows: numberRows },
  { section: 5, name: 'writing sequences', rows: sequenceWriteRows },
  { section: 5, name: 'sequences', rows: sequenceRunRows },
  { section: 6, name: 'compositions', rows: compositionRows },
  { section: 7, name: 'triggers', rows: triggerRows },
  { section: 7, name: 'rules', rows: ruleRows },
  { section: 8, name: 'packages', rows: packageEntityRows },
  { section: 8, name: 'bindings', rows: bindingRows },
  { section: 8, name: 'actions in packages', rows: packageRows },
  { section: 9, name: 'feeds', rows: feedRows },
  { section: 9, name: 'alarms', rows: alarmRows },
  { section: 10, name: 'activations', rows: activationRows },
  { section: 11, name: 'paths of web actions', rows: webRows(pathRows) },
  { section: 11, name: 'arguments of web actions', rows: webRows(argumentRows) },
  { section: 11, name: 'bodies for web actions', rows: webRows(bodyRows) },
  { section: 11, name: 'answers of web actions', rows: webRows(responseRows) },
  { section: 11, name: 'answers of .http', rows: webRows(httpRows) },
  { section: 11, name: 'callers of web actions', rows: webRows(accessRows) },
  { section: 12, name: 'API gateway', rows: apimgmtRows },
  { section: 13, name: 'privileges', rows: privilegeRows },
  { section: 13, name: 'limits of a namespace', rows: ownLimitRows },
  { section: 13, name: 'throttles', rows: throttleRows },
]
