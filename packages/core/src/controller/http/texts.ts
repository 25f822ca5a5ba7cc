/** What HTTP itself says to clients; the refusals of the domain are told in `refusal-answer.ts`. */
export const TEXTS = {
  noRoute: 'The requested resource could not be found.',
  entityMissing: 'Request entity expected but not supplied',
  objectExpected: 'JSON object expected',
  queryUnreadable: "The request's query string is invalid.",
  uriTooLong: 'The length of the requested URI exceeds the limit of 8192 characters.',
  tooSlow: 'The server was not able to produce a timely response to your request.',
  bodiesTooMany: 'The server is receiving as much as it can hold. Please try again later.',

  concurrentModification: 'Concurrent modification to resource detected.',
  corrupt: 'Resource is corrupted and cannot be read.',
} as const

/** What an error says when its cause gave no text of its own. */
export const STATUS_TEXT_DEFAULTS: Readonly<Record<number, string>> = {
  400: 'The request contains bad syntax or cannot be fulfilled.',
  401: 'Authentication is possible but has failed or not yet been provided.',
  403: 'The supplied authentication is not authorized to access this resource.',
  404: 'The requested resource does not exist.',
  408: 'The server timed out waiting for the request.',
  409: 'The request could not be processed because of conflict in the request, such as an edit conflict.',
  413: 'The request content is larger than the server is willing or able to process.',
  429: 'The user has sent too many requests in a given amount of time.',
  431: 'The server is unwilling to process the request because either an individual header field, or all the header fields collectively, are too large.',
  500: 'There was an internal server error.',
  501: 'The server either does not recognize the request method, or it lacks the ability to fulfill the request.',
  503: 'The server is currently unavailable (because it is overloaded or down for maintenance).',
}

export function methodNotAllowed(supported: string): string {
  return `HTTP method not allowed, supported methods: ${supported}`
}

export function malformedContent(detail: string): string {
  return `The request content was malformed:\n${detail}`
}

export function jsonTooDeep(levels: number): string {
  return `JSON input nested too deeply:JSON input was nested more deeply than the configured limit of maxNesting = ${levels}`
}

export function malformedQuery(name: string, detail: string): string {
  return `The query parameter '${name}' was malformed:\n${detail}`
}

export function notBoolean(value: string): string {
  return `'${value}' is not a valid Boolean value`
}

export function contentTypeNotSupported(contentType: string): string {
  return `The request's Content-Type [${contentType}] is not supported. Expected:\napplication/json`
}

export function onlyTheseTypes(types: string): string {
  return `Resource representation is only available with these types:\n${types}`
}

export function largerThanAllowed(field: string, bytes: number, allowedBytes: number): string {
  return `${field} larger than allowed: ${bytes} > ${allowedBytes} bytes.`
}
