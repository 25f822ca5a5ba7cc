import { MessageChannel, type MessagePort } from 'node:worker_threads'

let port: MessagePort | undefined
let waiting = 0

/**
 * Keeps the process alive until the promise settles, for somebody who waits for it: timers of a clock do not, and what
 * is in memory alone leaves Node nothing to wait for.
 */
export function keepAlive<T>(promise: Promise<T>): Promise<T> {
  port ??= new MessageChannel().port1
  if (waiting++ === 0) port.ref()
  return promise.finally(() => {
    if (--waiting === 0) port?.unref()
  })
}
