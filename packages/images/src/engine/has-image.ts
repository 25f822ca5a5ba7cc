import { get } from 'node:http'
import { PlatformError } from '@stemcell/core'

/**
 * Whether an engine has an image of that name (`GET /images/{name}/json`, the same for Docker and Podman).
 * @throws ERR_UNAVAILABLE the engine does not answer.
 */
export function hasImage(socketPath: string, name: string): Promise<boolean> {
  const path = `/images/${name.split('/').map(encodeURIComponent).join('/')}/json`
  return new Promise((resolve, reject) => {
    const ask = get({ socketPath, path, timeout: 10_000 }, (response) => {
      response.resume()
      resolve(response.statusCode === 200)
    })
    ask.once('timeout', () => ask.destroy(new Error('no answer')))
    ask.on('error', (cause) => {
      reject(new PlatformError('ERR_UNAVAILABLE', `the engine at ${socketPath} does not answer`, { cause }))
    })
  })
}
