import type { Random } from '../../../../src/time/random.ts'

/** Bytes of one connection, in the pieces in which they come. Mostly right, with faults of every kind in between. */
export function generatedConnection(random: Random): Buffer[] {
  const count = 1 + random.below(3)
  let text = ''
  for (let index = 0; index < count; index++) text += request(random)
  if (random.below(6) === 0) text = damaged(random, text)
  return pieces(random, Buffer.from(text, 'latin1'))
}

const METHODS = ['GET', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'HEAD', 'PATCH', 'TRACE', 'get', 'PROPFIND', 'FOO', 'P OST']
const TARGETS = [
  '/',
  '/api/v1/namespaces/_/actions/a?blocking=true',
  '/a%20b',
  '/%',
  '/a#b',
  '/{x}',
  '/a"b',
  '/é',
  '*',
  'x',
  'http://h/p',
  '//a',
  '/a?b?c',
  '/a\tb',
  '',
]
const VERSIONS = [
  'HTTP/1.1',
  'HTTP/1.1',
  'HTTP/1.1',
  'HTTP/1.1',
  'HTTP/1.1',
  'HTTP/1.0',
  'HTTP/1.2',
  'HTTP/2.0',
  'http/1.1',
  'HTTP/1.1 ',
  '',
]
const ENDS = ['\r\n', '\r\n', '\r\n', '\r\n', '\r\n', '\r\n', '\r\n', '\r\n', '\n', '\r', '\r\r\n', '\n\r']
const BODIES = ['', '{}', '{"a":1}', 'x'.repeat(300), 'GET / HTTP/1.1\r\nhost: y\r\n\r\n', '\r\n', '\0']
const LINES = [
  'accept: */*',
  'Authorization: Basic eDp5',
  'X-Request-ID:   padded  \t ',
  'x-empty:',
  'x-empty: ',
  'content-type: application/json',
  'cookie: a=b',
  'cookie: c=d',
  'x-twice: 1',
  'X-Twice: 2',
  'connection: keep-alive',
  'connection: Keep-Alive',
  'connection: close',
  'connection: upgrade',
  'connection: keep-alive, x-a',
  'upgrade: h2c',
  'expect: 100-continue',
  'te: trailers',
  'trailer: x',
  'keep-alive: timeout=5',
  'proxy-connection: keep-alive',
  'host: again',
  '__proto__: x',
  'constructor: x',
  'x-é: a',
  'x-latin: é',
  'x-control: a\x01b',
  'x-tab: a\tb',
  'x-nul: a\0b',
  'x space: a',
  'x-colon : a',
  ' folded',
  '\tfolded',
  ': nameless',
  'no colon',
  "x-token!#$%&'*+.^_`|~: a",
  'x-del: a\x7fb',
  'transfer-encoding: chunked',
  'transfer-encoding: identity',
  'Transfer-Encoding: xchunked',
  'content-length: 5',
  'content-length: +2',
  'content-length: 2, 2',
  'content-length: 0x2',
  'content-length: -1',
  'content-length: 00002',
  'content-length:',
  'content-length: 2 2',
  'content_length: 2',
  'content-length\t: 2',
]

function request(random: Random): string {
  const plain = random.below(2) === 0
  const method = plain ? oneOf(random, METHODS.slice(0, 5)) : oneOf(random, METHODS)
  const target = plain ? oneOf(random, TARGETS.slice(0, 3)) : oneOf(random, TARGETS)
  const body = oneOf(random, BODIES)
  const lines = [`${method} ${target} ${plain ? 'HTTP/1.1' : oneOf(random, VERSIONS)}`]
  if (plain || random.below(8) > 0) lines.push(oneOf(random, ['host: x', 'Host: x:1', 'HOST:x']))
  for (let more = random.below(5); more > 0; more--)
    lines.push(plain ? oneOf(random, LINES.slice(0, 6)) : oneOf(random, LINES))
  if (body !== '' && random.below(10) > 0) lines.push(`Content-Length: ${body.length}`)
  const end = (): string => (plain ? '\r\n' : oneOf(random, ENDS))
  const leading = plain || random.below(10) > 0 ? '' : '\r\n'
  return `${leading}${lines.map((line) => line + end()).join('')}${end()}${body}`
}

function damaged(random: Random, text: string): string {
  const at = random.below(text.length)
  const byte = String.fromCharCode(random.below(256))
  switch (random.below(3)) {
    case 0:
      return text.slice(0, at) + byte + text.slice(at)
    case 1:
      return text.slice(0, at) + text.slice(at + 1)
    default:
      return text.slice(0, at) + byte + text.slice(at + 1)
  }
}

function pieces(random: Random, bytes: Buffer): Buffer[] {
  const parts: Buffer[] = []
  let from = 0
  for (let cuts = random.below(4); cuts > 0 && from < bytes.length; cuts--) {
    const to = from + random.below(bytes.length - from)
    if (to > from) parts.push(bytes.subarray(from, to))
    from = to
  }
  return [...parts, bytes.subarray(from)]
}

function oneOf<T>(random: Random, all: readonly T[]): T {
  return all[random.below(all.length)]!
}
