import { request } from 'node:http'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { text } from 'node:stream/consumers'
import { PlatformError } from '@stemcell/core'
import type { ImageArchive } from '../archive/image-archive.ts'

/**
 * Gives an image to a Docker or Podman engine (`POST /images/load`, the same for both).
 * @throws ERR_UNAVAILABLE the engine does not answer. @throws ERR_CONFIG no permission, or the engine refused the image.
 */
export async function loadImage(socketPath: string, archive: ImageArchive): Promise<void> {
  const { status, body } = await post(socketPath, '/images/load?quiet=1', archive)
  // The engine answers 200 first and says in the body what went wrong.
  if (status !== 200 || /"error"\s*:/.test(body)) {
    throw new PlatformError('ERR_CONFIG', `the engine refused the image (HTTP ${status}): ${body.trim().slice(0, 500)}`)
  }
}

async function post(
  socketPath: string,
  path: string,
  archive: ImageArchive,
): Promise<{ status: number; body: string }> {
  const headers = { 'content-type': 'application/x-tar' }
  const upload = request({ socketPath, path, method: 'POST', headers })
  const answered = new Promise<{ status: number; body: string }>((resolve, reject) => {
    upload.on('error', reject)
    upload.once('response', (response) => {
      text(response).then((body) => resolve({ status: response.statusCode ?? 0, body }), reject)
    })
  })
  try {
    // An engine that refuses answers before it has read everything: the answer then says more than the broken upload.
    const [outcome] = await Promise.allSettled([answered, pipeline(Readable.from(archive.stream()), upload)])
    if (outcome.status === 'rejected') throw outcome.reason
    return outcome.value
  } catch (error) {
    throw toPlatformError(socketPath, error)
  }
}

function toPlatformError(socketPath: string, error: unknown): PlatformError {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  if (code === 'EACCES') {
    return new PlatformError('ERR_CONFIG', `no permission for ${socketPath}: join its group, or run as its owner`, {
      cause: error,
    })
  }
  return new PlatformError('ERR_UNAVAILABLE', `the engine at ${socketPath} does not answer (${code})`, { cause: error })
}
