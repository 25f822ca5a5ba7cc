import type * as http2 from 'node:http2'

// Numbers of RFC 9113, which node:http2 has as well.
export const NO_ERROR = 0
export const INTERNAL_ERROR = 2
export const REFUSED_STREAM = 7
export const FLAG_END_STREAM = 1

/** Loaded by the first that asks: most servers have no TLS, and every one has a start. */
export const http2Module = (): typeof http2 => process.getBuiltinModule('node:http2')
