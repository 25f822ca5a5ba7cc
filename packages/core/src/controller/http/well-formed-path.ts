const BROKEN = /%(?![0-9A-Fa-f]{2})/
const ENCODED_RUN = /(?:%[0-9A-Fa-f]{2})+/g
const PLAIN = /^[\w.~!$&'()*+,;=@:/-]*$/
/** What encodeURIComponent encodes although a segment of a path may have it. */
const NEEDLESSLY_ENCODED = /%(?:2[46BC]|3[ABD]|40)/g

/**
 * The same path with U+FFFD, percent-encoded, in the place of what is no UTF-8; undefined when the percent-encoding is
 * broken.
 */
export function wellFormedPath(path: string): string | undefined {
  if (PLAIN.test(path)) return path
  if (BROKEN.test(path)) return undefined
  // node:http gives each byte as one character.
  const encoded = path.replaceAll(/[\x80-\xff]/g, (byte) => `%${byte.charCodeAt(0).toString(16)}`)
  return encoded.replaceAll(ENCODED_RUN, (run) => {
    const text = Buffer.from(run.replaceAll('%', ''), 'hex').toString('utf8')
    return text.includes('\uFFFD') ? encodeURIComponent(text) : run
  })
}

/** A well-formed path in the one way of writing it that web actions are told: no more is encoded than must be. */
export function canonicalPath(path: string): string {
  if (PLAIN.test(path)) return path
  return path.split('/').map(canonicalSegment).join('/')
}

function canonicalSegment(segment: string): string {
  return encodeURIComponent(decodeURIComponent(segment)).replaceAll(NEEDLESSLY_ENCODED, decodeURIComponent)
}
