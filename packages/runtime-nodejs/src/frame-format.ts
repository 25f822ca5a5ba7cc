/** The protocol is docs/runtime-protocol.md; these are its numbers. */

/** What a client sends first, to the byte. Any other beginning is HTTP. */
export const OPENING = 'GET / HTTP/1.1\r\nhost: localhost\r\nconnection: upgrade\r\nupgrade: stemcell-frames/1\r\n\r\n'
export const ACCEPTANCE =
  'HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: stemcell-frames/1\r\n\r\n'

export const HEADER_BYTES = 12

export const INIT = 1
export const RUN = 2
export const CANCEL = 3
export const RESULT = 16
export const FAULT = 19
/** Types from here on may be skipped by who does not know them. */
export const FIRST_OPTIONAL = 128

/** Flag of a result: nothing was printed, and no end of the log follows. */
export const SILENT = 2

/** Flag of a result: the run took next to no time, and this result is on its way before the next call begins. */
export const BRIEF = 4

/** Status of a result: the call was cancelled before it began. */
export const NOT_BEGUN = 499
