/** What becomes of an answer on its way through the gateway. */
export interface AnswerPolicy {
  /** Names and values of headers about other origins; undefined leaves those of the back end. */
  readonly cors: readonly string[] | undefined
  /** Bytes from which an answer is compressed; undefined where the client does not take it. */
  readonly gzipFromBytes: number | undefined
}

const COMPRESSIBLE = /^(?:text\/|image\/svg|application\/(?:json|javascript|xml|manifest|[\w.+-]+\+(?:json|xml)))/i
const CORS_HEADER = 'access-control-'

/** Whether a body of `bytes` is worth it. Names and values alternate in `headers`. */
export function compresses(
  { gzipFromBytes }: AnswerPolicy,
  contentType: string | undefined,
  headers: readonly string[],
  bytes: number,
): boolean {
  if (gzipFromBytes === undefined || bytes < gzipFromBytes || bytes === 0) return false
  return (
    headerOf(headers, 'content-encoding') === undefined &&
    // A part of something, whose bytes are counted.
    headerOf(headers, 'content-range') === undefined &&
    !/\bno-transform\b/i.test(headerOf(headers, 'cache-control') ?? '') &&
    COMPRESSIBLE.test(contentType ?? headerOf(headers, 'content-type') ?? '')
  )
}

export function headerOf(headers: readonly string[], name: string): string | undefined {
  for (let index = 0; index < headers.length; index += 2) {
    if (headers[index]!.toLowerCase() === name) return headers[index + 1]
  }
  return undefined
}

/** Without what they say about other origins. */
export function withoutCors(headers: readonly string[]): string[] {
  return kept(headers, (name) => !isOfCors(name))
}

/** Of a body that was compressed. */
export function compressedHeaders(headers: readonly string[]): string[] {
  const others = kept(headers, (name) => name.toLowerCase() !== 'content-length')
  // It names other bytes now: alike, but not the same.
  for (let index = 0; index < others.length; index += 2) {
    if (others[index]!.toLowerCase() === 'etag' && others[index + 1]!.startsWith('"'))
      others[index + 1] = `W/${others[index + 1]!}`
  }
  return [...others, 'Content-Encoding', 'gzip', 'Vary', 'Accept-Encoding']
}

/** Few headers are as long, and fewer have a hyphen there. */
function isOfCors(name: string): boolean {
  return (
    name.length > CORS_HEADER.length &&
    name[CORS_HEADER.length - 1] === '-' &&
    name.slice(0, CORS_HEADER.length).toLowerCase() === CORS_HEADER
  )
}

function kept(headers: readonly string[], keep: (name: string) => boolean): string[] {
  const left: string[] = []
  for (let index = 0; index < headers.length; index += 2) {
    if (keep(headers[index]!)) left.push(headers[index]!, headers[index + 1]!)
  }
  return left
}

/** Whether a client takes gzip; one that forbids it says so with a quality of 0. */
export function takesGzip(acceptEncoding: string | string[] | undefined): boolean {
  if (acceptEncoding === undefined) return false
  const codings = String(acceptEncoding).toLowerCase().split(',')
  const gzipCoding = codings.find((coding) => /^\s*(?:x-)?gzip\s*(?:;|$)/.test(coding))
  const coding = gzipCoding ?? codings.find((one) => /^\s*\*\s*(?:;|$)/.test(one))
  return coding !== undefined && !/;\s*q=0(?:\.0*)?\s*$/.test(coding)
}
