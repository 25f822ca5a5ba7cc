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
  if (magic === '504b0304') unpack('Zip archive', () => unpackEntries(readZip(archive), root))
  else if (magic === '1f8b0800' || magic === '1f8b0808') {
    unpack('Tar GZ archive', () => unpackEntries(readTarGz(archive), root))
  } else throw new InitializationError(`${FAILURE} archive. The file type is unsupported`)
}

function unpack(format: string, body: () => void): void {
  try {
    body()
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : errorText(cause)
    throw new InitializationError(`${FAILURE} ${format}. ${reason}`, { cause })
  }
}
