import { unpackEntries } from './unpack-entries.ts'
import { errorText } from './reply.ts'
import { InitializationError } from './entrypoint.ts'
import { readTarGz } from './read-tar-gz.ts'
import { readZip } from './read-zip.ts'

const FAILURE = 'There was an error uncompressing the action'

/** Unpacks a base64 zip or tar.gz, told apart by their first bytes, into the empty directory `root`. */
export function unpackArchive(base64: string, root: string): void {
  const archive = Buffer.from(base64, 'base64')
  if (archive.length === 0) throw new InitializationError('There was an error reading the action archive.')

  const magic = archive.toString('hex', 0, 4)
  if (/^504b(0304|0506|0708)$/.test(magic)) unpack('Zip archive', () => unpackEntries(readZip(archive), root))
  else if (magic.startsWith('1f8b08')) {
    unpack('Tar GZ archive', () => unpackEntries(readTarGz(archive), root))
  } else throw new InitializationError(`${FAILURE} archive. The file type is unsupported`)
}

function unpack(format: string, body: () => void): void {
  try {
    body()
  } catch (cause) {
    throw new InitializationError(`${FAILURE} ${format}. ${reasonOf(cause)}`, { cause })
  }
}

function reasonOf(cause: unknown): string {
  if (!(cause instanceof Error)) return errorText(cause)
  // A number in the archive that points behind its end.
  return 'code' in cause && cause.code === 'ERR_OUT_OF_RANGE' ? 'The archive is cut short.' : cause.message
}
