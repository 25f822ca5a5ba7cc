import { VirtualClock } from '@stemcell/core'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { LogOutput } from '../src/log-output.ts'

const failing = (code: string): never => {
  throw Object.assign(new Error(code), { code })
}

/** Something to write to that takes, byte by byte, what it is told to. */
function sink() {
  const clock = new VirtualClock()
  const state = { text: '', room: Number.POSITIVE_INFINITY, fault: undefined as string | undefined }
  const output: LogOutput = new LogOutput({
    clock,
    writeSome(bytes) {
      if (state.fault !== undefined) failing(state.fault)
      const taken = bytes.subarray(0, state.room)
      if (taken.length === 0) failing('EAGAIN')
      state.room -= taken.length
      state.text += Buffer.from(taken).toString('latin1')
      return taken.length
    },
    missed: (lines) => output.write(`missed ${lines}\n`),
  })
  return { clock, state, output }
}

it.each(['ENOSPC', 'EPIPE', 'EIO', 'EDQUOT'])(
  'what cannot be written for %s is counted, and said once it can',
  async (code) => {
    const { clock, state, output } = sink()
    output.write('first\n')
    state.fault = code
    for (let line = 0; line < 3; line++) output.write('lost\n')
    await clock.advance(2_000)
    expect([state.text, output.lost]).toEqual(['first\n', 3])
    state.fault = undefined
    await clock.advance(2_000)
    expect(state.text).toBe('first\nmissed 3\n')
    output.write('next\n')
    await clock.advance(2_000)
    expect([state.text, output.lost]).toEqual(['first\nmissed 3\nnext\n', 3])
  },
)

it('the next line says at once what is missing before it', () => {
  const { state, output } = sink()
  state.fault = 'ENOSPC'
  output.write('lost\n')
  state.fault = undefined
  output.write('next\n')
  expect(state.text).toBe('next\nmissed 1\n')
})

it('a slow reader gets every line later, up to a bound, and the process never waits', async () => {
  const { clock, state, output } = sink()
  state.room = 3
  output.write('slow\n')
  output.write('reader\n')
  expect(state.text).toBe('slo')
  state.room = Number.POSITIVE_INFINITY
  await clock.advance(1_000)
  expect([state.text, output.lost]).toEqual(['slow\nreader\n', 0])

  state.room = 0
  const line = `${'x'.repeat(1023)}\n`
  for (let count = 0; count < 1_100; count++) output.write(line)
  expect(output.lost).toBe(1_100 - 1_024)
  state.room = Number.POSITIVE_INFINITY
  await clock.advance(1_000)
  expect(state.text.endsWith(`${line}missed ${1_100 - 1_024}\n`)).toBe(true)
})

it('whatever happens, lines are whole and in order, and each that is missing is counted', async () => {
  const happening = fc.oneof(
    fc.constant({ do: 'write' as const }),
    fc.record({ do: fc.constant('room' as const), bytes: fc.integer({ min: 0, max: 12 }) }),
    fc.record({ do: fc.constant('fault' as const), code: fc.constantFrom('ENOSPC', 'EPIPE', undefined) }),
    fc.constant({ do: 'wait' as const }),
  )
  await fc.assert(
    fc.asyncProperty(fc.array(happening, { maxLength: 60 }), async (happenings) => {
      const { clock, state, output } = sink()
      let written = 0
      for (const event of happenings) {
        if (event.do === 'write') output.write(`line ${written++}\n`)
        else if (event.do === 'room') state.room = event.bytes
        else if (event.do === 'fault') state.fault = event.code
        else await clock.advance(300)
      }
      state.fault = undefined
      state.room = Number.POSITIVE_INFINITY
      await clock.advance(1_000)
      const lines = state.text.split('\n').slice(0, -1)
      const numbers = lines.flatMap((line) => /^line (\d+)$/.exec(line)?.[1] ?? [])
      const missed = lines.flatMap((line) => /^missed (\d+)$/.exec(line)?.[1] ?? [])
      expect(numbers.length + missed.length).toBe(lines.length)
      expect(numbers).toEqual(numbers.toSorted((one, other) => Number(one) - Number(other)))
      expect(numbers.length + output.lost).toBe(written)
      expect(missed.reduce((sum, count) => sum + Number(count), 0)).toBe(output.lost)
    }),
    { numRuns: 500 },
  )
})
