import type { IncomingMessage } from 'node:http'
import type { MaybePromise } from '../../lifecycle.ts'
import { HttpError } from './http-error.ts'

const EMPTY = Buffer.alloc(0)

/** The connection broke while the request was being received: there is nobody to answer. */
export class ClientGone extends Error {
  override readonly name = 'ClientGone'
}

/** Bytes that the client announced; undefined when it did not (chunked transfer). */
export function announcedLength(request: IncomingMessage): number | undefined {
  const header = request.headers['content-length']
  if (header !== undefined) return Number(header)
  return request.headers['transfer-encoding'] === undefined ? 0 : undefined
}

/**
 * The whole body, at most `maxBytes`.
 * @throws HttpError 413 it is longer.
 * @throws ClientGone the connection broke first.
 */
export function readBody(request: IncomingMessage, maxBytes: number): MaybePromise<Buffer> {
  const announced = announcedLength(request)
  if (announced === 0) return EMPTY
  if (announced !== undefined && announced > maxBytes) throw bodyTooLarge()
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let size = 0
    request.on('data', (chunk: Buffer) => {
      size += chunk.length
      if (size > maxBytes) reject(bodyTooLarge())
      else chunks.push(chunk)
    })
    request.on('end', () => resolve(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks, size)))
    request.on('error', (cause) => reject(new ClientGone('the connection broke', { cause })))
  })
}

/** The rest of such a body is not read, so the connection cannot be used again. */
export function bodyTooLarge(): HttpError {
  return new HttpError(413, '', { plain: true, headers: ['Connection', 'close'] })
}
