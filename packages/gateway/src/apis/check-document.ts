import type { JsonObject } from '@stemcell/core'
import { backEndOf, REQUEST_PATH } from './back-ends.ts'
import { isObject, listAt, objectAt, textAt } from './json.ts'
import { operationsOf, pathParameters, VERBS, type Operation } from './operations.ts'
import { rateLimitsOf } from './rate-limits.ts'
import { pathPattern } from './path-pattern.ts'
import { unsupportedSecurity } from './security.ts'

/** Why a document cannot be an API, in the words that the client is told; undefined when it can. */
export function problemOf(document: JsonObject): string | undefined {
  const basePath = textAt(document, 'basePath') ?? ''
  if (pathParameters(basePath).length > 0) {
    return `The base path (${basePath}) cannot have parameters. Only the relative path supports path parameters.`
  }
  for (const operation of operationsOf(document)) {
    const problem = problemOfParameters(document, operation)
    if (problem !== undefined) return problem
  }
  const refusal = refusalOf(document, basePath)
  return refusal === undefined ? undefined : `Unable to configure the API Gateway (status code 400): Error: ${refusal}`
}

/** What a gateway that cannot serve the document says. */
function refusalOf(document: JsonObject, basePath: string): string | undefined {
  if (!basePath.startsWith('/')) return "Base path must begin with '/'."
  const { paths } = document
  if (!isObject(paths)) return 'The paths are no object.'
  if (Object.keys(paths).length === 0) return 'Empty resources object.'
  for (const [path, item] of Object.entries(paths)) {
    if (!path.startsWith('/')) return "Resource path must begin with '/'."
    if (path.includes("'")) return 'resource path contains illegal character "\'".'
    if (!isObject(item)) return `The resource '${path}' is no object.`
  }
  const operations = operationsOf(document)
  for (const { verb } of operations) {
    if (!VERBS.has(verb.toLowerCase())) return `Resource verb '${verb}' not supported.`
  }
  const seen = new Map<string, string>()
  for (const { path } of operations) {
    const pattern = pathPattern(basePath, path)
    if (pattern === undefined) return `Resource path '${path}' is malformed.`
    const other = seen.get(pattern) ?? path
    if (other !== path) return `Resource paths '${other}' and '${path}' are the same.`
    seen.set(pattern, path)
  }
  return rateLimitsOf(document) === undefined ? 'The rate limit is malformed.' : unsupportedSecurity(document)
}

/** A path with parameters is of use to an action only when it is told the path. */
function problemOfParameters(document: JsonObject, operation: Operation): string | undefined {
  const { path, id } = operation
  const named = pathParameters(path)
  if (named.length === 0) return undefined
  const url = textAt(objectAt(operation.operation, 'x-openwhisk'), 'url')
  if (url !== undefined && !url.endsWith('.http')) {
    return "The action must use a response type of '.http' in order to receive the path parameters."
  }
  const target = backEndOf(document, operation)?.url
  if (target !== undefined && target !== url && !target.endsWith(`.http${REQUEST_PATH}`)) {
    return (
      `The target-url for operationId '${id}' must end in '${REQUEST_PATH}' in order for actions to receive ` +
      'the path parameters.'
    )
  }
  const item = objectAt(objectAt(document, 'paths'), path)
  const described = [...listAt(item, 'parameters'), ...listAt(operation.operation, 'parameters')]
  const missing = named.find((name) => !described.some((one) => isObject(one) && one['name'] === name))
  if (missing === undefined) return undefined
  return (
    `The parameter '${missing}' defined in path '${path}' does not match any of the parameters defined for the path ` +
    'in the swagger file.'
  )
}
