import type { HttpRequest } from '@stemcell/core'
import type { ServedPath } from './served-api.ts'

const USUAL_HEADERS = 'Authorization, Origin, X-Requested-With, Content-Type, Accept, User-Agent, X-Api-Key'

/** Names and values of what is said about other origins; what a preflight asks for is granted. */
export function corsHeaders({ headers }: HttpRequest, path: ServedPath): readonly string[] {
  return [
    'Access-Control-Allow-Origin',
    '*',
    'Access-Control-Allow-Methods',
    path.methods,
    'Access-Control-Allow-Headers',
    headers['access-control-request-headers'] ?? USUAL_HEADERS,
  ]
}
