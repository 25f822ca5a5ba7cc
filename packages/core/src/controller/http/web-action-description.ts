import type { JsonObject } from '../../model/json.ts'

const METHODS = ['get', 'put', 'post', 'delete', 'head', 'patch', 'options'] as const

const PARAMETERS = [
  { name: 'namespace', description: 'Namespace of the action.' },
  { name: 'package', description: 'Package of the action; default when it is in none.' },
  { name: 'action', description: 'Name of the action, with .http, .json, .html, .svg, .text or nothing behind it.' },
].map(({ name, description }) => ({ name, in: 'path', required: true, type: 'string', description }))

/** Web actions in the API document. What they are sent and what they answer is up to each of them. */
export function describeWebActions(): JsonObject {
  const operations = METHODS.map((method) => [
    method,
    {
      tags: ['Web actions'],
      summary: 'Call an action as a handler of HTTP; the path may go on behind its name',
      operationId: `${method}Web`,
      security: [],
      consumes: ['*/*'],
      produces: ['*/*'],
      parameters: PARAMETERS,
      responses: { default: { description: 'What the action answers, or a refusal.' } },
    },
  ])
  return { '/web/{namespace}/{package}/{action}': Object.fromEntries(operations) }
}
