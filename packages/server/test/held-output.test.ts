import { expect, it } from 'vitest'
import { HeldOutput } from '../src/held-output.ts'

it('what is written before the release comes after what went past it, and in order', () => {
  const written: string[] = []
  const output = { write: (text: string) => void written.push(text) }
  const held = new HeldOutput(output)
  held.write('first line')
  held.write('second line')
  output.write('banner')
  held.release()
  held.write('third line')
  held.release()
  expect(written).toEqual(['banner', 'first line', 'second line', 'third line'])
})
