import { createHash, timingSafeEqual } from 'node:crypto'

/** Who may see the operator's page. */
export interface OperatorCredentials {
  readonly username: string
  readonly password: string
}

/** Whether the header of HTTP's basic authentication names the operator; takes as long for a wrong name as for a right one. */
export function isOperator(header: string | undefined, { username, password }: OperatorCredentials): boolean {
  const [, encoded] = /^basic +([A-Za-z0-9+/=]+)$/i.exec(header ?? '') ?? []
  if (encoded === undefined) return false
  return timingSafeEqual(digest(Buffer.from(encoded, 'base64')), digest(Buffer.from(`${username}:${password}`)))
}

function digest(bytes: Buffer): Buffer {
  return createHash('sha256').update(bytes).digest()
}
