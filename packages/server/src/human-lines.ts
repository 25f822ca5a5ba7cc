import type { Output } from './held-output.ts'

const LEVELS: Readonly<Record<number, string>> = {
  10: 'trace',
  20: 'debug',
  30: 'info',
  40: 'warn',
  50: 'error',
  60: 'fatal',
}
const COLOURS: Readonly<Record<string, string>> = {
  warn: '\u001b[33m',
  error: '\u001b[31m',
  fatal: '\u001b[31m',
  debug: '\u001b[2m',
}
const PLAIN = '\u001b[0m'
// What would move the cursor or change colours is shown instead of done.
// oxlint-disable-next-line no-control-regex
const CONTROL = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028\u2029]/g

/** Log lines as people read them; what is no log line passes as it is. */
export function humanLines(output: Output, { colours }: { readonly colours: boolean }): Output {
  return { write: (text) => output.write(text.startsWith('{') ? humanLine(text, colours) : text) }
}

/** `10:11:12.345 warn  the message  key=value …`, and the stack of an error below. */
export function humanLine(json: string, colours: boolean): string {
  let line: Record<string, unknown>
  try {
    line = JSON.parse(json) as Record<string, unknown>
  } catch {
    // Not one of ours.
    return json
  }
  const { level, time, msg, err, ...fields } = line
  if (typeof level !== 'number' || typeof time !== 'number') return json
  const name = LEVELS[level] ?? String(level)
  const facts = Object.entries(fields).map(([key, value]) => `${key}=${valueText(value)}`)
  const colour = colours ? (COLOURS[name] ?? '') : ''
  const head = `${clockTime(time)} ${colour}${name.padEnd(5)}${colour && PLAIN} ${shown(typeof msg === 'string' ? msg : '')}`
  return `${[head, ...facts.map(shown)].join('  ')}\n${errorText(err)}`
}

function clockTime(time: number): string {
  const date = new Date(time)
  const two = (value: number): string => String(value).padStart(2, '0')
  const millis = String(date.getMilliseconds()).padStart(3, '0')
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}.${millis}`
}

function valueText(value: unknown): string {
  return typeof value === 'string' && /^[^\s"=]+$/.test(value) ? value : JSON.stringify(value)
}

function errorText(err: unknown): string {
  if (typeof err !== 'object' || err === null) return err === undefined ? '' : `    ${shown(JSON.stringify(err))}\n`
  const { stack, message } = err as { readonly stack?: unknown; readonly message?: unknown }
  const text = typeof stack === 'string' ? stack : typeof message === 'string' ? message : JSON.stringify(err)
  return `${text
    .split('\n')
    .map((part) => `    ${shown(part)}`)
    .join('\n')}\n`
}

function shown(text: string): string {
  return text.replaceAll(CONTROL, (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`)
}
