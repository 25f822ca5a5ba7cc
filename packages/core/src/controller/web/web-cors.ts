import type { HttpRequest } from '../http/direct/api-server.ts'

const ALLOW_HEADERS = 'Access-Control-Allow-Headers'
const COMMON = [
  'Access-Control-Allow-Origin',
  '*',
  'Access-Control-Allow-Methods',
  'OPTIONS, GET, DELETE, POST, PUT, HEAD, PATCH',
]
const USUAL = [...COMMON, ALLOW_HEADERS, 'Authorization, Origin, X-Requested-With, Content-Type, Accept, User-Agent']

/** Names and values of the headers that the answers of web actions carry; what a preflight asks for is granted. */
export function webCors({ headers }: HttpRequest): readonly string[] {
  const asked = headers['access-control-request-headers']
  return asked === undefined ? USUAL : [...COMMON, ALLOW_HEADERS, asked]
}
