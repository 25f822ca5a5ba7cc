/** Nothing that JSON escapes, and no half of a pair. */
const PLAIN = /^[ !#-[\]-~]*$/
/** Up to this length it is quicker to look than to let `JSON.stringify` look. */
const SHORT = 128

/** A text as JSON writes it: the same as `JSON.stringify`, quicker for short ones. */
export function quotedText(text: string): string {
  return text.length <= SHORT && PLAIN.test(text) ? `"${text}"` : JSON.stringify(text)
}
