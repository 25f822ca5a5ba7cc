import type { ActivationLog } from './activation-log.ts'
import { type Activation, activation, type OutputOwner } from './activation-scope.ts'
import type { LogEnd } from './runtime-options.ts'
import { writeFully } from './stdio.ts'

const NEWLINE = 10
/** Longest text of one frame, which bounds what this process and the reader hold for an unfinished line. */
const MAX_TEXT_BYTES = 65_536

interface Headers {
  readonly line: Buffer
  readonly piece: Buffer
  readonly end: Buffer
}

interface LogState {
  readonly headers: Headers
  readonly unfinished: Record<1 | 2, Buffer>
}

const NOTHING = Buffer.alloc(0)
const LINE_END = Buffer.from('\n')

/** Every line names its activation behind a token that only the reader knows. The README defines the frames. */
export function attributedLog(token: string, logEnd: LogEnd, scope: OutputOwner): ActivationLog {
  const states = new WeakMap<Activation, LogState>()
  const nobody = activation('init', undefined)
  nobody.ended = true

  const stateOf = (owner: Activation): LogState => {
    let state = states.get(owner)
    if (!state) {
      const header = (suffix: string): Buffer => Buffer.from(`${token}${suffix} ${owner.id}`)
      const headers = { line: header(''), piece: header('+'), end: header('-end') }
      states.set(owner, (state = { headers, unfinished: { 1: NOTHING, 2: NOTHING } }))
    }
    return state
  }

  const complete = (owner: Activation): void => {
    const { headers, unfinished } = stateOf(owner)
    for (const fd of [1, 2] as const) {
      if (unfinished[fd].length > 0) writeFully(fd, frame(headers.line, unfinished[fd]))
      unfinished[fd] = NOTHING
    }
  }

  return {
    write(fd, bytes) {
      const owner = scope.owner() ?? nobody
      const { headers, unfinished } = stateOf(owner)
      const out = new FrameWriter(fd, headers)
      let from = 0
      for (let at = bytes.indexOf(NEWLINE); at >= 0; at = bytes.indexOf(NEWLINE, from)) {
        out.line(joined(unfinished[fd], bytes.subarray(from, at)))
        unfinished[fd] = NOTHING
        from = at + 1
      }
      // A copy: the caller may reuse its buffer once `write` has returned.
      unfinished[fd] = out.pieces(Buffer.concat([unfinished[fd], bytes.subarray(from)]))
      out.flush()
      if (owner.ended) complete(owner)
    },
    complete,
    end(owner) {
      // Most activations print nothing: their answer says so, which saves two writes here and two reads there.
      if (logEnd === 'printed' && !states.has(owner)) return true
      complete(owner)
      const marker = Buffer.concat([stateOf(owner).headers.end, LINE_END])
      writeFully(1, marker)
      writeFully(2, marker)
      return false
    },
  }
}

/** Collects frames so that a large write costs few system calls and bounded memory. */
class FrameWriter {
  readonly #fd: 1 | 2
  readonly #headers: Headers
  #frames: Buffer[] = []
  #size = 0

  constructor(fd: 1 | 2, headers: Headers) {
    this.#fd = fd
    this.#headers = headers
  }

  line(text: Buffer): void {
    this.#add(frame(this.#headers.line, this.pieces(text)))
  }

  /** Writes what is too long for one frame and returns the rest. */
  pieces(text: Buffer): Buffer {
    let from = 0
    for (; text.length - from > MAX_TEXT_BYTES; from += MAX_TEXT_BYTES) {
      this.#add(frame(this.#headers.piece, text.subarray(from, from + MAX_TEXT_BYTES)))
    }
    return from === 0 ? text : Buffer.from(text.subarray(from))
  }

  flush(): void {
    if (this.#frames.length === 0) return
    writeFully(this.#fd, this.#frames.length === 1 ? this.#frames[0]! : Buffer.concat(this.#frames))
    this.#frames = []
    this.#size = 0
  }

  #add(bytes: Buffer): void {
    this.#frames.push(bytes)
    this.#size += bytes.length
    if (this.#size >= MAX_TEXT_BYTES) this.flush()
  }
}

function frame(header: Buffer, text: Uint8Array): Buffer {
  const out = Buffer.allocUnsafe(header.length + 1 + text.length + 1)
  header.copy(out)
  out[header.length] = 32
  out.set(text, header.length + 1)
  out[out.length - 1] = NEWLINE
  return out
}

function joined(start: Buffer, rest: Uint8Array): Buffer {
  if (start.length > 0) return Buffer.concat([start, rest])
  return Buffer.from(rest.buffer, rest.byteOffset, rest.byteLength)
}
