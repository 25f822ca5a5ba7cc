import type { JsonValue } from '@stemcell/core'
import type { ContractRow, Expectation, GivenStep, RequestStep } from './contract-row.ts'
import { ECHO } from './paths.ts'

/**
 * One observable fact about web actions, as data. In every text `{u}` stands for a name that no other row uses, which
 * is the name of the row's action; `{ns}` for the owner's namespace, `{other}` for another's; see ContractRow.
 */
export interface WebRow {
  /** A sentence of behaviour. */
  readonly name: string
  /** See ContractRow. */
  readonly differs?: string
  /** What is there beforehand. Default: an exported action that answers with its arguments. */
  readonly given?: GivenAction
  readonly packages?: readonly GivenPackage[]
  /** Done after packages and action are there. */
  readonly before?: readonly GivenStep[]
  readonly when?: WebRequest
  readonly answer: WebExpectation
}

export interface GivenAction {
  /** Default: answers with its arguments. */
  readonly code?: string
  /** Instead of code: what the action answers. */
  readonly returns?: JsonValue
  /** Besides `web-export: true`; undefined leaves that out. */
  readonly annotations?: Readonly<Record<string, JsonValue | undefined>>
  readonly parameters?: Readonly<Record<string, JsonValue>>
  /** Default: the owner's namespace itself. */
  readonly package?: string
  /** Namespace. Default `owner`. */
  readonly of?: string
}

export interface GivenPackage {
  readonly name: string
  /** Namespace. Default `owner`. */
  readonly of?: string
  readonly publish?: boolean
  readonly parameters?: Readonly<Record<string, JsonValue>>
  readonly binding?: { readonly namespace: string; readonly name: string }
}

export interface WebRequest {
  /** Default GET. */
  readonly method?: string
  /** Percent-encoded, from the root. Default: the row's action with `.json`. */
  readonly path?: string
  /** After the path. */
  readonly query?: string
  /** Default nobody. */
  readonly as?: 'owner' | 'other' | 'nobody'
  /** Names and values alternate. */
  readonly headers?: readonly string[]
  readonly body?: string | Uint8Array
  /** Sent without a length. */
  readonly chunked?: boolean
}

export interface WebExpectation {
  /** Default 200. */
  readonly status?: number
  readonly reason?: string
  /** The `error` of the error object, pretty-printed as web actions do. */
  readonly error?: string | RegExp
  /** The same, compact as the framework does. */
  readonly rejection?: string | RegExp
  /** What the arguments, which the action answered with, contain; null: no such one. */
  readonly args?: Readonly<Record<string, JsonValue>>
  /** The whole body. */
  readonly text?: string
  readonly bytes?: Uint8Array
  /** The values of headers; null: must not be there. An array: one line each. */
  readonly headers?: Readonly<Record<string, string | RegExp | readonly string[] | null>>
}

/** The row's action without extension. */
export const WEB = '/api/v1/web/{ns}/default/{u}'

/** The same facts in the form of all others. */
export function webRows(rows: readonly WebRow[]): readonly ContractRow[] {
  return rows.map(({ name, differs, packages = [], given = {}, before = [], when = {}, answer }) => ({
    name,
    ...(differs === undefined ? {} : { differs }),
    given: [...packages.map(packageStep), actionStep(given), ...before],
    when: requestStep(when),
    answer: expectation(answer),
  }))
}

function packageStep({ name, of, publish, parameters = {}, binding }: GivenPackage): GivenStep {
  return {
    package: name,
    of: callerOf(of),
    ...(publish === undefined ? {} : { publish }),
    parameters: keyValues(parameters),
    ...(binding && { binding }),
  }
}

function actionStep({ returns, code = ECHO, annotations = {}, parameters = {}, ...at }: GivenAction): RequestStep {
  const path = at.package === undefined ? '{u}' : `${at.package}/{u}`
  return {
    method: 'PUT',
    path: `/api/v1/namespaces/_/actions/${path}`,
    as: callerOf(at.of),
    body: {
      exec: { kind: 'nodejs:20', code: returns === undefined ? code : `main = () => (${JSON.stringify(returns)})` },
      annotations: keyValues({ 'web-export': true, ...annotations }),
      parameters: keyValues(parameters),
    },
  }
}

function requestStep({ method = 'GET', path = `${WEB}.json`, query, as = 'nobody', ...when }: WebRequest): RequestStep {
  return {
    method,
    path: query === undefined ? path : `${path}?${query}`,
    as,
    headers: when.headers ?? [],
    ...(when.body === undefined ? {} : { body: when.body }),
    ...(when.chunked === undefined ? {} : { chunked: when.chunked }),
  }
}

function expectation({ status = 200, error, rejection, ...answer }: WebExpectation): Expectation {
  return {
    status,
    ...answer,
    ...(error === undefined ? {} : { prettyError: error }),
    ...(rejection === undefined ? {} : { error: rejection }),
  }
}

function callerOf(namespace: string | undefined): 'owner' | 'other' {
  return namespace === 'other' ? 'other' : 'owner'
}

function keyValues(values: Readonly<Record<string, JsonValue | undefined>>): { key: string; value: JsonValue }[] {
  return Object.entries(values).flatMap(([key, value]) => (value === undefined ? [] : [{ key, value }]))
}
