import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { FrameError, FrameReader, HEADER_BYTES, type FrameHeader, type FrameSink } from '@stemcell/core/runtime-client'

interface Frame {
  readonly type: number
  readonly flags: number
  readonly detail: number
  readonly call: number
  readonly payload: string
}

const anyFrame = fc.record({
  type: fc.integer({ min: 0, max: 255 }),
  flags: fc.integer({ min: 0, max: 255 }),
  detail: fc.integer({ min: 0, max: 65_535 }),
  call: fc.integer({ min: 0, max: 0xffff_ffff }),
  payload: fc.oneof(fc.string({ maxLength: 40 }), fc.string({ minLength: 200, maxLength: 2_000 })),
})

function bytesOf({ type, flags, detail, call, payload }: Frame): Buffer {
  const body = Buffer.from(payload)
  const header = Buffer.alloc(HEADER_BYTES)
  header.writeUInt32BE(body.length)
  header[4] = type
  header[5] = flags
  header.writeUInt16BE(detail, 6)
  header.writeUInt32BE(call, 8)
  return Buffer.concat([header, body])
}

/** Keeps what it is given; wants `most` bytes of each payload. */
function recorder(most = Infinity): { readonly frames: Frame[]; readonly sink: FrameSink } {
  const frames: Frame[] = []
  const sink: FrameSink = {
    wanted: () => most,
    frame({ type, flags, detail, call }: FrameHeader, bytes, start, end) {
      frames.push({ type, flags, detail, call, payload: bytes.toString('utf8', start, end) })
    },
  }
  return { frames, sink }
}

/** Through one buffer that is used again and again, as sockets do it. */
function feed(reader: FrameReader, bytes: Buffer, cuts: readonly number[]): void {
  const shared = Buffer.alloc(bytes.length)
  let at = 0
  for (const cut of [...cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length]) {
    bytes.copy(shared, 0, at, cut)
    reader.write(shared, cut - at)
    shared.fill(0xee)
    at = cut
  }
}

describe('FrameReader', () => {
  it('gives the same frames however the bytes were cut on the way', () => {
    fc.assert(
      fc.property(fc.array(anyFrame, { maxLength: 12 }), fc.array(fc.nat()), (frames, cuts) => {
        const { frames: read, sink } = recorder()
        const reader = new FrameReader(sink)
        feed(reader, Buffer.concat(frames.map(bytesOf)), cuts)
        expect(read).toEqual(frames)
        expect(reader.torn).toBe(false)
      }),
      { numRuns: 1_000 },
    )
  })

  it('gives the same frames byte by byte', () => {
    fc.assert(
      fc.property(fc.array(anyFrame, { maxLength: 4 }), (frames) => {
        const { frames: read, sink } = recorder()
        const bytes = Buffer.concat(frames.map(bytesOf))
        feed(new FrameReader(sink), bytes, bytes.map((_byte, at) => at) as unknown as number[])
        expect(read).toEqual(frames)
      }),
      { numRuns: 100 },
    )
  })

  it('keeps of a payload what is wanted, and finds the next frame behind the rest', () => {
    fc.assert(
      fc.property(fc.array(anyFrame, { maxLength: 8 }), fc.array(fc.nat()), fc.nat(300), (frames, cuts, most) => {
        const { frames: read, sink } = recorder(most)
        feed(new FrameReader(sink), Buffer.concat(frames.map(bytesOf)), cuts)
        const expected = frames.map((frame) => ({
          ...frame,
          payload: Buffer.from(frame.payload).subarray(0, most).toString(),
        }))
        expect(read).toEqual(expected)
      }),
      { numRuns: 300 },
    )
  })

  it('survives any garbage: it gives frames, waits for more, or passes on the error of its sink', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 4_000 }), fc.array(fc.nat()), (garbage, cuts) => {
        let given = 0
        const reader = new FrameReader({
          wanted({ type }) {
            if (type > 200) throw new FrameError('no such type')
            return 100
          },
          frame(_header, bytes, start, end) {
            given += HEADER_BYTES + end - start
            expect(end - start).toBeLessThanOrEqual(100)
            expect(end).toBeLessThanOrEqual(bytes.length)
          },
        })
        try {
          feed(reader, Buffer.from(garbage), cuts)
        } catch (error) {
          expect(error).toBeInstanceOf(FrameError)
        }
        expect(given).toBeLessThanOrEqual(garbage.length)
      }),
      { numRuns: 1_000 },
    )
  })

  it('allocates nothing for a length that is only announced', () => {
    const { frames, sink } = recorder()
    const before = process.memoryUsage().arrayBuffers
    const readers = Array.from({ length: 50 }, () => new FrameReader(sink))
    for (const reader of readers) reader.write(Buffer.from('ffffffff100000c800000001'.concat('41'.repeat(10)), 'hex'))
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(10_000_000)
    expect(frames).toEqual([])
    expect(readers.every(({ torn }) => torn)).toBe(true)
  })
})
