export const FIRST_VERSION = '0.0.1'

/** `a.b.c`, missing parts read as 0, more than three as none; undefined when malformed or 0.0.0. */
export function parseVersion(text: string): string | undefined {
  const parts = text.replace(/\.+$/, '').split('.').slice(0, 3)
  const numbers = [0, 1, 2].map((index) => parts[index] ?? '0')
  if (!numbers.every((part) => /^\+?\d{1,9}$/.test(part))) return undefined
  const version = numbers.map(Number).join('.')
  return version === '0.0.0' ? undefined : version
}

/** The same version with the patch part one higher. */
export function nextPatch(version: string): string {
  const [major = '0', minor = '0', patch = '0'] = version.split('.')
  return `${major}.${minor}.${Number(patch) + 1}`
}
