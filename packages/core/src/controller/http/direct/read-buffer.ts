import { Socket, type SocketConstructorOpts } from 'node:net'
import type { Duplex } from 'node:stream'

/** What all connections are read into, piece after piece. Pages of it that nothing ever arrived in take no memory. */
const buffer = Buffer.allocUnsafeSlow(65_536)

/** Takes up what arrived, `bytes` up to `size`, which are others when it returns. False: no more for now. */
type Taker = (size: number, bytes: Buffer) => boolean

/**
 * Where a socket keeps its option `onread`, which only who makes it can give. Found by looking at one that has it, as it
 * is nobody's promise; undefined where it is hidden.
 */
const places = lookForPlaces()

function lookForPlaces(): { readonly buffer: symbol; readonly callback: symbol } | undefined {
  const callback = (): boolean => true
  const socket = new Socket({ onread: { buffer, callback } } as SocketConstructorOpts)
  const placeOf = (value: unknown): symbol | undefined =>
    Object.getOwnPropertySymbols(socket).find((place) => Reflect.get(socket, place) === value)
  const found = { buffer: placeOf(buffer), callback: placeOf(callback) }
  socket.destroy()
  return found.buffer && found.callback && { buffer: found.buffer, callback: found.callback }
}

/**
 * Has an accepted connection read into one buffer, without the stream of Node.js, which allocates 64 KB for each read.
 * False where it cannot be had: another kind of stream, or somebody has begun to read from it.
 */
export function readIntoBuffer(socket: Duplex, take: Taker): boolean {
  if (!places || Object.getPrototypeOf(socket) !== Socket.prototype) return false
  if (Reflect.get(socket, places.buffer) !== null || socket.readableFlowing !== null) return false
  if (socket.readableLength > 0 || socket.listenerCount('readable') > 0) return false
  const handle = Reflect.get(socket, '_handle') as { useUserBuffer?: unknown } | null
  if (typeof handle?.useUserBuffer !== 'function') return false
  handle.useUserBuffer(buffer)
  Reflect.set(socket, places.buffer, buffer)
  Reflect.set(socket, places.callback, take)
  return true
}

/** From now on what arrives goes through the stream again. The buffer stays, so each piece is copied. */
export function readIntoStream(socket: Duplex): void {
  if (!places || Reflect.get(socket, places.buffer) !== buffer) return
  const push: Taker = (size, bytes) => socket.push(Buffer.from(bytes.subarray(0, size)))
  Reflect.set(socket, places.callback, push)
}

/** These bytes lie where others will soon. */
export function isBorrowed(bytes: Buffer): boolean {
  return bytes.buffer === buffer.buffer
}
