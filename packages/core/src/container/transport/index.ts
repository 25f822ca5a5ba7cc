import { HttpRuntimeClient } from './http-runtime-client.ts'
import { NegotiatingRuntimeClient } from './negotiating-runtime-client.ts'
import type { RuntimeClient, RuntimeClientOptions } from './runtime-client.ts'

export { HttpRuntimeClient, type HttpRuntimeClientOptions } from './http-runtime-client.ts'
export { NegotiatingRuntimeClient } from './negotiating-runtime-client.ts'
export { FrameError, FrameFlag, FrameType, HEADER_BYTES, NOT_BEGUN, OPENING, textFrame } from './frame-format.ts'
export { FrameReader, type FrameHeader, type FrameSink } from './frame-reader.ts'
export type { FramedLog, RuntimeClient, RuntimeClientOptions, RuntimeEndpoint } from './runtime-client.ts'

/**
 * A client for a runtime. One of our own (`own`) is asked whether it speaks frames; an image of somebody else is
 * never asked anything but what OpenWhisk asks.
 */
export function runtimeClient({ own, ...options }: RuntimeClientOptions & { readonly own: boolean }): RuntimeClient {
  return own ? new NegotiatingRuntimeClient(options) : new HttpRuntimeClient(options)
}
