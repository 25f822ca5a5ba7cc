import fc from 'fast-check'
import { expect, it } from 'vitest'
import { quotedText } from '../../src/model/quoted-text.ts'

it('writes every text as JSON does', () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(fc.nat(0xff), fc.nat(0xffff)), { maxLength: 20 }), (codes) => {
      const text = String.fromCharCode(...codes)
      expect(quotedText(text)).toBe(JSON.stringify(text))
    }),
  )
})

it.each(['', '"', '\\', '\u007f', '\u0000', '\n', 'é', '\ud800', '\u2028', 'plain text', 'x'.repeat(1000)])(
  'writes %j as JSON does',
  (text) => expect(quotedText(text)).toBe(JSON.stringify(text)),
)
