import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import type { Logger } from '../log.ts'

/** Paths on the ports of the platform that somebody else answers: a page and its files, a stream. */
export interface Mount {
  /** Such as `/console`: it, and everything below it. */
  readonly path: string
  /**
   * Answers. When it throws, the answer is 500, or a broken connection once it has begun. Streams must end when the
   * platform is about to close: connections that are busy then are broken off a second later.
   */
  handle(request: IncomingMessage, response: ServerResponse): void
}

/** Hands requests to the mount they are for, all others to `api`. Without mounts it is `api`. */
export function withMounts(mounts: readonly Mount[], api: RequestListener, logger: Logger): RequestListener {
  if (mounts.length === 0) return api
  const prefixes = mounts.map(({ path }) => path)
  return (request, response) => {
    const { url = '' } = request
    const found = prefixes.findIndex((path) => url.startsWith(path) && endsThere(url, path.length))
    const mount = mounts[found]
    if (!mount) return api(request, response)
    try {
      mount.handle(request, response)
    } catch (err) {
      logger.error({ err, path: mount.path }, 'a mount failed')
      if (response.headersSent) response.destroy()
      else response.writeHead(500, { 'Content-Type': 'text/plain' }).end('Internal Server Error')
    }
  }
}

function endsThere(url: string, length: number): boolean {
  return url.length === length || url[length] === '/' || url[length] === '?'
}
