import { CORS } from '../http/cors.ts'

/** The headers of all web actions, but that what a preflight asks for is granted. */
export function grantingCors(asked: string): readonly string[] {
  return [...CORS.web.slice(0, -1), asked]
}
