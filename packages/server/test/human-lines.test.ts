import { describe, expect, it } from 'vitest'
import { humanLine, humanLines } from '../src/human-lines.ts'

const line = (fields: object): string =>
  `${JSON.stringify({ level: 30, time: Date.UTC(2026, 0, 2, 3, 4, 5, 6), ...fields })}\n`

describe('log lines on a terminal', () => {
  it('have a time, a level, the message, and what goes with it', () => {
    const text = humanLine(line({ msg: 'ready', url: 'http://x:1', note: 'two words', count: 3 }), false)
    expect(text).toMatch(/^\d\d:04:05\.006 info  ready  url=http:\/\/x:1  note="two words"  count=3\n$/)
  })

  it('have the stack of an error below', () => {
    const text = humanLine(
      line({ level: 50, msg: 'failed', err: { message: 'no', stack: 'Error: no\n    at here' } }),
      false,
    )
    expect(text.split('\n').slice(1)).toEqual(['    Error: no', '        at here', ''])
  })

  it('show control characters, which could move the cursor, and do not send them', () => {
    const text = humanLine(line({ msg: 'a\u001b[2Jb\rc', name: '\u009b31m\u0007' }), false)
    expect(text).toContain('a\\u001b[2Jb\\u000dc')
    // oxlint-disable-next-line no-control-regex
    expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/)
  })

  it('are coloured by their level', () => {
    expect(humanLine(line({ level: 40, msg: 'mind' }), true)).toContain('\u001b[33mwarn \u001b[0m mind')
  })

  it('leave everything else as it is', () => {
    const written: string[] = []
    const output = humanLines({ write: (text) => void written.push(text) }, { colours: false })
    for (const text of ['a banner\n', '{not json\n', '{"other":1}\n']) output.write(text)
    expect(written).toEqual(['a banner\n', '{not json\n', '{"other":1}\n'])
  })
})
