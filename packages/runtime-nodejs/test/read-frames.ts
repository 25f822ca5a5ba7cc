export const TOKEN = 'tok_0123456789abcdef'

export interface Frames {
  /** Lines by activation, in order. */
  readonly lines: Map<string, Buffer[]>
  readonly ends: string[]
  /** Everything outside frames. */
  readonly unframed: string
}

/** Reads a stream by the README's description of the frames, and nothing else. */
export function readFrames(stream: Buffer): Frames {
  const lines = new Map<string, Buffer[]>()
  const pieces = new Map<string, Buffer[]>()
  const ends: string[] = []
  let unframed = ''
  let at = 0
  for (let start = stream.indexOf(TOKEN); start >= 0; start = stream.indexOf(TOKEN, at)) {
    unframed += stream.toString('latin1', at, start)
    const end = stream.indexOf(10, start)
    if (end < 0) throw new Error('a frame is cut short')
    const frame = stream.subarray(start + TOKEN.length, end)
    const [, suffix = '', id = ''] = /^(\+|-end|) ([\w.:-]+)/.exec(frame.toString('latin1')) ?? []
    if (id === '') throw new Error(`not a frame: ${frame.toString()}`)
    const text = frame.subarray(suffix.length + 1 + id.length + 1)
    if (suffix === '-end') ends.push(id)
    else if (suffix === '+') pieces.set(id, [...(pieces.get(id) ?? []), text])
    else {
      lines.set(id, [...(lines.get(id) ?? []), Buffer.concat([...(pieces.get(id) ?? []), text])])
      pieces.delete(id)
    }
    at = end + 1
  }
  unframed += stream.toString('latin1', at)
  return { lines, ends, unframed }
}

export function textOf(frames: Frames, id: string): string[] {
  return (frames.lines.get(id) ?? []).map((line) => line.toString())
}
