import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { LogDemultiplexer, VirtualClock, type CollectedLog } from '@stemcell/core'

const TOKEN = 'tok_0123456789abcdef'
const SENTINEL = 'XXX_THE_END_OF_A_WHISK_ACTIVATION_XXX'
const NOW = { waitMs: 0 }

function attributed(): LogDemultiplexer {
  return new LogDemultiplexer({ kind: 'attributed', token: TOKEN }, new VirtualClock())
}

function sentinelled(): LogDemultiplexer {
  return new LogDemultiplexer({ kind: 'sentinel' }, new VirtualClock())
}

function texts({ lines }: CollectedLog): string[] {
  return lines.map(({ text }) => text)
}

describe('LogDemultiplexer, attributed', () => {
  it('gives each of several activations its lines, until both streams have ended', async () => {
    const logs = attributed()
    const [a, b] = ['a', 'b'].map((id) => logs.open(id, { limitBytes: 1_000 }))
    logs.write('stdout', Buffer.from(`${TOKEN} a one\n${TOKEN} b eins\n${TOKEN} a \n${TOKEN}-end a\n`))
    logs.write('stderr', Buffer.from(`${TOKEN} b zwei\n${TOKEN} a two\n${TOKEN}-end a\n`))
    const logA = await a!.collect({ waitMs: 60_000 })
    expect(logA.lines.map(({ stream, text }) => `${stream} ${text}`)).toEqual(['stdout one', 'stdout ', 'stderr two'])
    expect(logA.complete).toBe(true)
    const logB = await b!.collect(NOW)
    expect(texts(logB)).toEqual(['eins', 'zwei'])
    expect(logB.complete).toBe(false)
  })

  it('waits for the end of both streams, but no longer than it may', async () => {
    const clock = new VirtualClock()
    const logs = new LogDemultiplexer({ kind: 'attributed', token: TOKEN }, clock)
    const a = logs.open('a', { limitBytes: 100 }).collect({ waitMs: 500 })
    const b = logs.open('b', { limitBytes: 100 }).collect({ waitMs: 500 })
    await clock.advance(499)
    logs.write('stdout', Buffer.from(`${TOKEN}-end a\n${TOKEN}-end b\n`))
    logs.write('stderr', Buffer.from(`${TOKEN}-end a\n`))
    expect((await a).complete).toBe(true)
    await clock.advance(1)
    expect((await b).complete).toBe(false)
  })

  it('joins pieces, also of a character that was cut, while other activations write', async () => {
    const logs = attributed()
    const a = logs.open('a', { limitBytes: 1_000 })
    const b = logs.open('b', { limitBytes: 1_000 })
    const euro = Buffer.from('€')
    logs.write('stdout', Buffer.concat([Buffer.from(`${TOKEN}+ a x`), euro.subarray(0, 1), Buffer.from('\n')]))
    logs.write('stdout', Buffer.from(`${TOKEN} b other\n`))
    logs.write('stdout', Buffer.concat([Buffer.from(`${TOKEN} a `), euro.subarray(1), Buffer.from('y\n')]))
    expect(texts(await a.collect(NOW))).toEqual(['x€y'])
    expect(texts(await b.collect(NOW))).toEqual(['other'])
  })

  it('gives unframed text to the one open log and to nobody when several are open', async () => {
    const logs = attributed()
    const a = logs.open('a', { limitBytes: 1_000 })
    logs.write('stdout', Buffer.from(`from a child\nno newline${TOKEN} a framed\n${TOKEN} - nobody's\n`))
    expect(texts(await a.collect(NOW))).toEqual(['from a child', 'no newline', 'framed', "nobody's"])
    const b = logs.open('b', { limitBytes: 1_000 })
    const c = logs.open('c', { limitBytes: 1_000 })
    logs.write('stdout', Buffer.from(`from a child\n${TOKEN} b own\n${TOKEN} - nobody's\n`))
    expect(texts(await b.collect(NOW))).toEqual(['own'])
    expect(texts(await c.collect(NOW))).toEqual([])
  })

  it('gives unframed text to the run before until that has ended, where they come one after the other', async () => {
    const logs = attributed()
    const [a, b] = [
      logs.open('a', { limitBytes: 1_000, alone: true }),
      logs.open('b', { limitBytes: 1_000, alone: true }),
    ]
    logs.write('stdout', Buffer.from(`child of a\n${TOKEN}-end a\nchild of b\n`))
    logs.write('stderr', Buffer.from('more of a\n'))
    expect(texts(await a.collect(NOW))).toEqual(['child of a', 'more of a'])
    logs.write('stderr', Buffer.from('more of b\n'))
    expect(texts(await b.collect(NOW))).toEqual(['child of b', 'more of b'])
  })

  it('drops lines of activations whose log is not open', async () => {
    const logs = attributed()
    logs.write('stdout', Buffer.from(`${TOKEN} a early\n`))
    const a = logs.open('a', { limitBytes: 1_000 })
    logs.write('stdout', Buffer.from(`${TOKEN} gone late\n${TOKEN} a mine\n`))
    expect(texts(await a.collect(NOW))).toEqual(['mine'])
    logs.write('stdout', Buffer.from(`${TOKEN} a too late\n`))
    const again = logs.open('a', { limitBytes: 1_000 })
    logs.write('stdout', Buffer.from(`${TOKEN} a new\n`))
    expect(texts(await again.collect(NOW))).toEqual(['new'])
  })

  it('does not take the token without its frame for anything but text', async () => {
    const logs = attributed()
    const a = logs.open('a', { limitBytes: 1_000 })
    logs.write('stdout', Buffer.from(`${TOKEN}\n${TOKEN} \n${TOKEN}?\n${TOKEN} a fine\n`))
    expect(texts(await a.collect(NOW))).toEqual(['fine'])
  })

  it('reads the same lines however the bytes are cut into chunks', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.constantFrom('a', 'b'), fc.string({ unit: 'grapheme', maxLength: 40 })), {
          maxLength: 30,
        }),
        fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 20 }),
        async (lines, sizes) => {
          const clean = lines.map(([id, text]) => [id, text.replaceAll('\n', ' ')] as const)
          const bytes = Buffer.from(clean.map(([id, text]) => `${TOKEN} ${id} ${text}\n`).join(''))
          const logs = attributed()
          const [a, b] = [logs.open('a', { limitBytes: 10_000 }), logs.open('b', { limitBytes: 10_000 })]
          for (let at = 0, i = 0; at < bytes.length; i++) {
            const size = sizes[i % sizes.length]!
            logs.write('stdout', bytes.subarray(at, at + size))
            at += size
          }
          const of = (wanted: string): string[] => clean.filter(([id]) => id === wanted).map(([, text]) => text)
          expect(texts(await a.collect(NOW))).toEqual(of('a').map(wellFormed))
          expect(texts(await b.collect(NOW))).toEqual(of('b').map(wellFormed))
        },
      ),
      { numRuns: 200 },
    )
  })
})

function wellFormed(text: string): string {
  return Buffer.from(text).toString()
}

describe('LogDemultiplexer, sentinel', () => {
  it('ends a stream at a line that is the sentinel and nothing else', async () => {
    const logs = sentinelled()
    const log = logs.open('a', { limitBytes: 1_000 })
    logs.write('stdout', Buffer.from(`one\nnot ${SENTINEL}\n${SENTINEL} either\n${SENTINEL}\n`))
    logs.write('stderr', Buffer.from(`${SENTINEL}\n`))
    const collected = await log.collect({ waitMs: 60_000 })
    expect(texts(collected)).toEqual(['one', `not ${SENTINEL}`, `${SENTINEL} either`])
    expect(collected.complete).toBe(true)
  })

  it('gives each stream up to its sentinel to the log that was opened first', async () => {
    const logs = sentinelled()
    const [a, b] = [logs.open('a', { limitBytes: 1_000 }), logs.open('b', { limitBytes: 1_000 })]
    logs.write('stdout', Buffer.from(`a1\n${SENTINEL}\nb1\n`))
    logs.write('stderr', Buffer.from('a2\n'))
    logs.write('stderr', Buffer.from(`${SENTINEL}\nb2\n${SENTINEL}\n`))
    logs.write('stdout', Buffer.from(`${SENTINEL}\nnobody's\n`))
    const [first, second] = [await a.collect(NOW), await b.collect(NOW)]
    expect([texts(first), first.complete]).toEqual([['a1', 'a2'], true])
    expect([texts(second), second.complete]).toEqual([['b1', 'b2'], true])
  })

  it('takes an unfinished last line when the log is collected or the stream ends', async () => {
    const logs = sentinelled()
    const log = logs.open('a', { limitBytes: 1_000_000 })
    logs.write('stdout', Buffer.from('x'.repeat(200_000)))
    logs.write('stderr', Buffer.from('half'))
    logs.end('stderr')
    const { lines, complete } = await log.collect(NOW)
    expect(complete).toBe(false)
    expect(lines.find(({ stream }) => stream === 'stderr')?.text).toBe('half')
    expect(lines.find(({ stream }) => stream === 'stdout')?.text.length).toBeGreaterThan(190_000)
  })
})

describe('LogDemultiplexer', () => {
  it('is complete when the container is gone, for open logs and those opened later', async () => {
    const logs = attributed()
    const log = logs.open('a', { limitBytes: 1_000 })
    logs.write('stdout', Buffer.from(`${TOKEN} a last words`))
    logs.end('stdout')
    logs.end('stderr')
    const collected = await log.collect({ waitMs: 60_000 })
    expect(texts(collected)).toEqual(['last words'])
    expect(collected.complete).toBe(true)
    expect((await logs.open('b', { limitBytes: 1 }).collect({ waitMs: 60_000 })).complete).toBe(true)
  })

  it('cuts the line that crosses the limit between characters and drops everything after it', async () => {
    const logs = sentinelled()
    const log = logs.open('a', { limitBytes: 12 })
    logs.write('stdout', Buffer.from('12345\n€€€€\nx\n\n'))
    const collected = await log.collect(NOW)
    expect(texts(collected)).toEqual(['12345', '€€'])
    expect(collected.truncated).toBe(true)
  })

  it('does not count line ends, but bounds the number of empty lines', async () => {
    const logs = sentinelled()
    const exact = logs.open('a', { limitBytes: 10 })
    logs.write('stdout', Buffer.from('12345\n\n67890\n'))
    expect(await exact.collect(NOW)).toMatchObject({ truncated: false, lines: { length: 3 } })
    const empty = logs.open('b', { limitBytes: 1_600 })
    logs.write('stdout', Buffer.from('\n'.repeat(100_000)))
    expect(await empty.collect(NOW)).toMatchObject({ truncated: true, lines: { length: 1_100 } })
  })

  it.each(['attributed', 'sentinel'])('keeps bounded memory for an endless line, %s', async (kind) => {
    const logs = kind === 'attributed' ? attributed() : sentinelled()
    const log = logs.open('a', { limitBytes: 100_000 })
    const block = Buffer.alloc(65_536, 'x')
    const before = process.memoryUsage().arrayBuffers
    for (let i = 0; i < 3_200; i++) logs.write('stdout', block)
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(120_000_000)
    logs.write('stdout', Buffer.from(`\n${TOKEN} a next\nnext\n`))
    const { lines, truncated } = await log.collect(NOW)
    expect(lines.map(({ text }) => text.length)).toEqual([100_000])
    expect(truncated).toBe(true)
  })

  it('hands over a long line whole when the limit allows it', async () => {
    const logs = sentinelled()
    const log = logs.open('a', { limitBytes: 3_000_000 })
    const text = Array.from({ length: 300_000 }, (_, i) => String(i % 10_000).padStart(4, '0')).join('')
    const bytes = Buffer.from(`${text}\nnext\n`)
    for (let at = 0; at < bytes.length; at += 50_000) logs.write('stdout', bytes.subarray(at, at + 50_000))
    const [long, next] = texts(await log.collect(NOW))
    expect(long === text).toBe(true)
    expect(next).toBe('next')
  })

  it('calls no log complete that was open when bytes were lost', async () => {
    const logs = attributed()
    const log = logs.open('a', { limitBytes: 1_000 })
    logs.write('stdout', Buffer.from(`${TOKEN} a one\n${TOKEN} a cut o`))
    logs.gap()
    const later = logs.open('b', { limitBytes: 1_000 })
    logs.write('stdout', Buffer.from(`${TOKEN} a three\n${TOKEN}-end a\n${TOKEN} b eins\n${TOKEN}-end b\n`))
    logs.write('stderr', Buffer.from(`${TOKEN}-end a\n${TOKEN}-end b\n`))
    const collected = await log.collect({ waitMs: 60_000 })
    expect([texts(collected), collected.complete]).toEqual([['one', 'cut o', 'three'], false])
    expect(await later.collect({ waitMs: 60_000 })).toMatchObject({ complete: true, lines: [{ text: 'eins' }] })
  })

  it('survives bytes that are no text', async () => {
    const logs = attributed()
    const log = logs.open('a', { limitBytes: 1_000 })
    logs.write('stdout', Buffer.from([0, 255, 254, 10, 0xc3, 10]))
    expect(texts(await log.collect(NOW))).toEqual(['\0\ufffd\ufffd', '\ufffd'])
  })

  it('numbers lines of one millisecond and never goes back in time', async () => {
    const clock = new VirtualClock(Date.UTC(2024, 4, 1, 10, 11, 12, 123))
    const logs = new LogDemultiplexer({ kind: 'sentinel' }, clock)
    const log = logs.open('a', { limitBytes: 1_000 })
    logs.write('stdout', Buffer.from('a\nb\n'))
    await clock.advance(1)
    logs.write('stderr', Buffer.from('c\n'))
    expect((await log.collect(NOW)).lines.map(({ time }) => time)).toEqual([
      '2024-05-01T10:11:12.123000000Z',
      '2024-05-01T10:11:12.123000001Z',
      '2024-05-01T10:11:12.124000000Z',
    ])
  })
})
