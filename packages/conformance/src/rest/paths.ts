import type { RequestStep, StoredStep } from './contract-row.ts'

export const API = '/api/v1'
/** The owner's namespace, written the short way. */
export const NS: string = `${API}/namespaces/_`
export const ACTIONS: string = `${NS}/actions`
export const ACTIVATIONS: string = `${NS}/activations`

/** The unique action of a row. */
export const ACTION: string = `${ACTIONS}/{u}`

type Extra = Omit<RequestStep, 'method' | 'path'>

export function GET(path: string, extra: Extra = {}): RequestStep {
  return { method: 'GET', path, ...extra }
}

export function PUT(path: string, body?: unknown, extra: Extra = {}): RequestStep {
  return { method: 'PUT', path, ...(body === undefined ? {} : { body }), ...extra }
}

export function POST(path: string, body?: unknown, extra: Extra = {}): RequestStep {
  return { method: 'POST', path, ...(body === undefined ? {} : { body }), ...extra }
}

export function DELETE(path: string, extra: Extra = {}): RequestStep {
  return { method: 'DELETE', path, ...extra }
}

/** Text the API prefixes to what it says about a body. */
export function malformed(detail: string): string {
  return `The request content was malformed:\n${detail}`
}

/** Text the API prefixes to what it says about a query parameter. */
export function malformedQuery(name: string, detail: string): string {
  return `The query parameter '${name}' was malformed:\n${detail}`
}

/** A body that makes an action of this source. */
export function code(source: string, more: object = {}): object {
  return { exec: { kind: 'nodejs:20', code: source }, ...more }
}

/** A body that makes a sequence. */
export function sequence(...components: string[]): object {
  return { exec: { kind: 'sequence', components } }
}

/** Answers with its arguments. */
export const ECHO: string = 'function main(args) { return args }'

/** Makes the row's own action, which answers with its arguments. */
export const echoAction: RequestStep = PUT(ACTION, code(ECHO))

/** A binding that refers to itself, which the API does not write but stored data may have. */
export const selfBinding: StoredStep = {
  id: '{ns}/{u}b',
  stored: {
    namespace: '{ns}',
    name: '{u}b',
    entityType: 'package',
    binding: { namespace: '{ns}', name: '{u}b' },
    parameters: [],
    annotations: [],
    version: '0.0.1',
    publish: false,
    updated: 1,
  },
}

/** What a body is told whose type is not stated. */
export const UNTYPED: string =
  "The request's Content-Type [application/octet-stream] is not supported. Expected:\napplication/json"

/** What an empty body of JSON is told. */
export const EMPTY_JSON: RegExp = /^The request content was malformed:\nUnexpected end-of-input at input index 0\b/

export const TEXT_TYPE = 'text/plain; charset=UTF-8'

export const ERRORS = {
  noRoute: 'The requested resource could not be found.',
  missing: 'The requested resource does not exist.',
  noCredentials: 'The resource requires authentication, which was not supplied with the request',
  badCredentials: 'The supplied authentication is invalid',
  nameIllegal: 'The name of the entity contains illegal characters.',
  namespaceIllegal: 'The namespace contains illegal characters.',
  otherCollection: 'Resource by this name exists but is not in this collection.',
} as const

export function forbidden(resource: string): string {
  return `The supplied authentication is not authorized to access '${resource}'.`
}
