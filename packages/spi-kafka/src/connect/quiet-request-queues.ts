import { createRequire } from 'node:module'

/** What of kafkajs's queue of requests, one per connection, is used here. */
export interface RequestQueue {
  readonly pending: readonly unknown[]
}

interface RequestQueuePrototype {
  scheduleCheckPendingRequests?: (this: RequestQueue) => void
}

type RequestQueueClass = new (options: object) => RequestQueue

const load = createRequire(import.meta.url)
let quiet = false

/**
 * Has kafkajs look after requests that wait only where some do. Version 2.2.4 sets a timer of a millisecond after
 * each look, without end, for each of its connections: 3 % of a core in a process with nothing to do
 * (https://github.com/tulios/kafkajs/issues/1704). Where kafkajs is built differently, it stays as it is.
 */
export function quietRequestQueues(): void {
  if (quiet) return
  quiet = true
  const prototype = requestQueueClass()?.prototype as RequestQueuePrototype | undefined
  const schedule = prototype?.scheduleCheckPendingRequests
  if (!prototype || typeof schedule !== 'function') return
  prototype.scheduleCheckPendingRequests = function scheduleWherePending(): void {
    if (this.pending.length > 0) schedule.call(this)
  }
}

/** Undefined where there is no such module. */
export function requestQueueClass(): RequestQueueClass | undefined {
  try {
    return load('kafkajs/src/network/requestQueue/index.js') as RequestQueueClass
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'MODULE_NOT_FOUND' || code === 'ERR_PACKAGE_PATH_NOT_EXPORTED') return undefined
    throw error
  }
}
