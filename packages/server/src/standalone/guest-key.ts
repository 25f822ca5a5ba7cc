import { PlatformError, type AuthKey } from '@stemcell/core'
import { readNamedFile } from '../read-named-file.ts'

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i
const KEY_LENGTH = 64

/**
 * The key that the operator gave for namespace guest; undefined for none.
 * @throws ERR_CONFIG it is malformed, or its file cannot be read. The key is not repeated.
 */
export function givenGuestKey(source: {
  /** Value of STEMCELL_AUTH. */
  readonly auth: string | undefined
  readonly authFile: string | undefined
}): AuthKey | undefined {
  const { auth, authFile } = source
  if (auth !== undefined) return parseGuestKey(auth, 'STEMCELL_AUTH')
  if (authFile === undefined) return undefined
  const place = `--auth-file ${authFile}`
  let text: string
  try {
    text = readNamedFile(authFile)
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown reason'
    throw new PlatformError('ERR_CONFIG', `${place} cannot be read (${code}): name a file that holds UUID:KEY`, {
      cause,
    })
  }
  return parseGuestKey(text, place)
}

/** @throws ERR_CONFIG it is not `UUID:KEY`. */
export function parseGuestKey(text: string, source: string): AuthKey {
  const [uuid = '', key = '', ...rest] = text.trim().split(':')
  if (UUID.test(uuid) && key.length === KEY_LENGTH && rest.length === 0) return { uuid, key }
  throw new PlatformError(
    'ERR_CONFIG',
    `${source}: expected UUID:KEY with a UUID and a key of ${KEY_LENGTH} characters; correct it, or leave it out for a random key`,
  )
}
