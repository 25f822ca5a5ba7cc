import { describe, expect, it } from 'vitest'
import { acceptsMediaType } from '../../../src/controller/http/accepts-media-type.ts'
import { contentKind, mediaTypeText, parseMediaType } from '../../../src/controller/web/media-type.ts'

describe('a media type', () => {
  it.each([
    ['text/html', 'text/html', undefined, ''],
    ['  Text/HTML ; Charset=utf-8 ', 'text/html', 'utf-8', ''],
    ['text/html;charset="utf-8";a=b', 'text/html', 'utf-8', '; a=b'],
    ['multipart/form-data; boundary="a b;c"', 'multipart/form-data', undefined, '; boundary="a b;c"'],
    ['a/b; x="\\"";', 'a/b', undefined, '; x="\\""'],
    ['a/b;;c=d', 'a/b', undefined, '; c=d'],
  ])('%s is read', (header, essence, charset, parameters) => {
    expect(parseMediaType(header)).toEqual({ essence, parameters, ...(charset === undefined ? {} : { charset }) })
  })

  it.each([
    '',
    ' ',
    'text',
    'text/',
    '/html',
    'text/html x',
    'text/html; a',
    'text/html; a=',
    'a/b/c',
    'a/b; c="',
    'é/b',
  ])("'%s' cannot be read", (header) => expect(parseMediaType(header)).toBeUndefined())

  it.each([
    ['text/anything', 'open'],
    ['application/xml', 'open'],
    ['application/javascript', 'open'],
    ['application/json', 'fixed'],
    ['application/json; charset=latin1', 'fixed'],
    ['text/event-stream', 'fixed'],
    ['application/x-www-form-urlencoded', 'fixed'],
    ['application/own', 'binary'],
    ['application/own; charset=utf-8', 'open'],
    ['application/own+json', 'binary'],
    ['application/octet-stream; charset=utf-8', 'binary'],
    ['application/vnd.ms-excel; charset=utf-8', 'binary'],
    ['image/svg+xml; charset=utf-8', 'binary'],
    ['font/woff2', 'binary'],
    ['multipart/mixed', 'binary'],
    ['message/rfc822', 'binary'],
  ])('%s is %s', (header, kind) => expect(contentKind(parseMediaType(header)!)).toBe(kind))

  it('names its charset only where that is open', () => {
    const text = (header: string): string => mediaTypeText(parseMediaType(header)!, 'UTF-8')
    expect(['text/a; b=c; charset=x', 'application/json; charset=x', 'image/png'].map(text)).toEqual([
      'text/a; b=c; charset=UTF-8',
      'application/json',
      'image/png',
    ])
  })
})

describe('what a client accepts', () => {
  it.each([
    ['text/html', true],
    ['TEXT/*;q=0.001', true],
    ['text/html;q=0', false],
    ['text/html; level=1; q=0.0 , */*', false],
    ['text/*;q=0, */*', false],
    ['text/*;q=0, text/html', true],
    ['*/*;q=0', false],
    ['application/json', false],
    [',,', true],
    ['html', true],
    ['html, application/json', false],
  ])('by %s includes HTML: %s', (accept, expected) =>
    expect(acceptsMediaType(accept, 'text/html; charset=UTF-8')).toBe(expected),
  )
})
