import type { IncomingHttpHeaders } from 'node:http'
import type { JsonObject } from '../../model/json.ts'
import { headerText } from './header-text.ts'

/** Headers that belong to the connection, to the form of the body, or to the platform. */
const NOT_PASSED = new Set([
  'content-type',
  'content-length',
  'connection',
  'keep-alive',
  'transfer-encoding',
  'x-ow-extra-logging',
])

/** The headers of a request as actions get to see them: names in lower case, each with one text. */
export function passedHeaders(headers: IncomingHttpHeaders): JsonObject {
  const passed: [string, string][] = []
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined && !NOT_PASSED.has(name))
      passed.push([name, headerText(typeof value === 'string' ? value : value.join(', '))])
  }
  return Object.fromEntries(passed)
}
