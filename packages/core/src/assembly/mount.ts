import { IncomingMessage, ServerResponse } from 'node:http'
import type { HttpListener } from '../controller/http/direct/api-server.ts'
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

/** Whether a request for `url` is a mount's. */
export type IsMounted = (url: string) => boolean

/** Undefined when there are no mounts. */
export function mountedPaths(mounts: readonly Mount[]): IsMounted | undefined {
  return mounts.length === 0 ? undefined : (url) => findMount(mounts, url) !== undefined
}

/** Hands requests to the mount they are for, all others to `api`. Without mounts it is `api`. */
export function withMounts(mounts: readonly Mount[], api: HttpListener, logger: Logger): HttpListener {
  if (mounts.length === 0) return api
  return (request, response) => {
    const mount = findMount(mounts, request.url ?? '')
    // Those of mounts are read by node:http.
    if (!mount || !(request instanceof IncomingMessage) || !(response instanceof ServerResponse)) {
      return api(request, response)
    }
    try {
      mount.handle(request, response)
    } catch (err) {
      logger.error({ err, path: mount.path }, 'a mount failed')
      if (response.headersSent) response.destroy()
      else response.writeHead(500, { 'Content-Type': 'text/plain' }).end('Internal Server Error')
    }
  }
}

function findMount(mounts: readonly Mount[], url: string): Mount | undefined {
  return mounts.find(({ path }) => {
    if (!url.startsWith(path)) return false
    const next = url[path.length]
    return next === undefined || next === '/' || next === '?'
  })
}
