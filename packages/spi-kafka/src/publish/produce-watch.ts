import type { Socket } from 'node:net'

const PRODUCE_API_KEY = 0
const API_KEY_AT = 4

/**
 * Calls `onProduce` for each request to append messages that is given to the socket. kafkajs reports that a request
 * failed, but not whether it had left, and so whether repeating it may make duplicates.
 */
export function watchProduceRequests(socket: Socket, onProduce: () => void): void {
  const write = socket.write.bind(socket)
  socket.write = (chunk: string | Uint8Array, ...rest: unknown[]): boolean => {
    if (isProduceRequest(chunk)) onProduce()
    return Reflect.apply(write, socket, [chunk, ...rest])
  }
}

/** kafkajs writes one request at a time: four bytes of length, then two that say what it is. */
function isProduceRequest(chunk: string | Uint8Array): boolean {
  return (
    typeof chunk !== 'string' &&
    chunk.length >= API_KEY_AT + 2 &&
    chunk[API_KEY_AT] === 0 &&
    chunk[API_KEY_AT + 1] === PRODUCE_API_KEY
  )
}
