/** Names of streams, consumers and parts of subjects may have no dots, spaces or wildcards: what is else becomes `=XX`. */
export function nameOf(text: string): string {
  return Array.from(Buffer.from(text), (byte) => {
    const char = String.fromCharCode(byte)
    return /[\w-]/.test(char) ? char : `=${byte.toString(16).padStart(2, '0')}`
  }).join('')
}
