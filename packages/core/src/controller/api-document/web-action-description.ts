import type { JsonObject } from '../../model/json.ts'

const METHODS = ['get', 'put', 'post', 'delete', 'head', 'patch', 'options'] as const

const PARAMETERS = [
  { name: 'namespace', description: 'Namespace of the action.' },
  { name: 'packageName', description: 'Package of the action; default when it is in none.' },
  { name: 'actionName', description: 'Name of the action.' },
].map(({ name, description }) => ({ name, in: 'path', required: true, type: 'string', description }))

const EXTENSION = {
  name: 'extension',
  in: 'path',
  required: true,
  type: 'string',
  description: 'What is made of the result: http, json, html, svg or text. The path may go on behind it.',
}

/** Web actions in the API document. What they are sent and what they answer is up to each of them. */
export function describeWebActions(): JsonObject {
  return {
    '/web/{namespace}/{packageName}/{actionName}.{extension}': operations('Web', [...PARAMETERS, EXTENSION]),
    '/web/{namespace}/{packageName}/{actionName}': operations('WebAsHttp', PARAMETERS),
  }
}

function operations(name: string, parameters: readonly JsonObject[]): JsonObject {
  return Object.fromEntries(
    METHODS.map((method) => [
      method,
      {
        tags: ['Web actions'],
        summary: 'Call an action as a handler of HTTP',
        operationId: `${method}${name}`,
        security: [],
        consumes: ['*/*'],
        produces: ['*/*'],
        parameters: [...parameters],
        responses: { default: { description: 'What the action answers, or a refusal.' } },
      },
    ]),
  )
}
