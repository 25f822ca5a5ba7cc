import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { PlatformError, randomText, type AuthKey, type Random } from '@stemcell/core'

export interface GuestKey {
  readonly key: AuthKey
  /** The file that holds it. */
  readonly file: string
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

/**
 * The key of namespace `guest`: the one given, else the one kept in the data folder, else a new random one.
 * Whichever it is, the data folder then holds it, readable by its owner only.
 * @throws ERR_CONFIG a key is malformed, or a file cannot be read or written.
 */
export function guestKey(options: {
  readonly data: string
  readonly random: Random
  /** `UUID:KEY` from the environment. */
  readonly auth: string | undefined
  readonly authFile: string | undefined
}): GuestKey {
  const { data, random, auth, authFile } = options
  const file = join(data, 'auth.guest')
  const key =
    auth !== undefined
      ? parseKey(auth, 'STEMCELL_AUTH')
      : authFile !== undefined
        ? parseKey(readSecret(authFile, '--auth-file'), `--auth-file ${authFile}`)
        : existsSync(file)
          ? parseKey(readSecret(file, 'the guest key'), file)
          : { uuid: random.uuid(), key: randomText(random, 64) }
  writeSecret(file, `${key.uuid}:${key.key}\n`)
  return { key, file }
}

/** Writes the properties file that `wsk` and the `openwhisk` npm client read; returns its path. */
export function writeWskProperties(data: string, url: string, { uuid, key }: AuthKey): string {
  const file = join(data, '.wskprops')
  writeSecret(file, `APIHOST=${url}\nAUTH=${uuid}:${key}\nNAMESPACE=_\n`)
  return file
}

function parseKey(text: string, source: string): AuthKey {
  const [uuid = '', key = '', ...rest] = text.trim().split(':')
  if (!UUID.test(uuid) || key.length !== 64 || rest.length > 0) {
    throw new PlatformError('ERR_CONFIG', `${source}: expected UUID:KEY with a UUID and a key of 64 characters`)
  }
  return { uuid, key }
}

function readSecret(path: string, source: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (cause) {
    throw new PlatformError('ERR_CONFIG', `${source}: ${path} cannot be read`, { cause })
  }
}

function writeSecret(path: string, content: string): void {
  try {
    mkdirSync(join(path, '..'), { recursive: true, mode: 0o700 })
    if (existsSync(path)) chmodSync(path, 0o600)
    writeFileSync(path, content, { mode: 0o600 })
  } catch (cause) {
    const why = (cause as NodeJS.ErrnoException).code ?? String(cause)
    throw new PlatformError('ERR_CONFIG', `--data: ${path} cannot be written (${why}); choose another folder`, {
      cause,
    })
  }
}
