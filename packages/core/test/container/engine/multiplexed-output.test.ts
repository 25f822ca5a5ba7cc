import { describe, expect, it } from 'vitest'
import { MultiplexedOutput } from '@stemcell/core/container-engine'

function frame(stream: 1 | 2, text: string): Buffer {
  const header = Buffer.from([stream, 0, 0, 0, 0, 0, 0, 0])
  header.writeUInt32BE(Buffer.byteLength(text), 4)
  return Buffer.concat([header, Buffer.from(text)])
}

const BYTES = Buffer.concat([frame(1, 'one\n'), frame(2, 'bad €\n'), frame(1, ''), frame(1, 'x'.repeat(70_000))])

describe('MultiplexedOutput', () => {
  it.each([1, 3, 7, 8, 9, 4_096, BYTES.length])('takes frames apart that arrive in chunks of %i bytes', (size) => {
    const texts = { stdout: '', stderr: '' }
    const output = new MultiplexedOutput((stream, chunk) => (texts[stream] += chunk.toString('latin1')))
    for (let at = 0; at < BYTES.length; at += size) output.write(BYTES.subarray(at, at + size))
    expect(texts.stdout === `one\n${'x'.repeat(70_000)}`).toBe(true)
    expect(Buffer.from(texts.stderr, 'latin1').toString()).toBe('bad €\n')
  })
})
