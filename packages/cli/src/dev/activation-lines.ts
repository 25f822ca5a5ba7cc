import { annotationOf, entityName, type ActivationRecord } from '../server/activation.ts'
import type { Style } from '../terminal/style.ts'

const RESULT_LENGTH = 200

/** An activation in one line, with how long its stages took, and its log below. */
export function activationLines(record: ActivationRecord, style: Style): string[] {
  const success = record.response?.success !== false
  const result = JSON.stringify(record.response?.result ?? null)
  const shown = result.length > RESULT_LENGTH ? `${result.slice(0, RESULT_LENGTH)}…` : result
  const line = [
    style.dim(timeOf(record.start)),
    success ? style.text('green', 'ok') : style.text('red', record.response?.status ?? 'error'),
    style.bold(entityName(record)),
    success ? shown : style.text('red', shown),
    style.dim(stages(record)),
    style.dim(record.activationId),
  ].join(' ')
  return [line, ...(record.logs ?? []).map((log) => `    ${logLine(log, style)}`)]
}

/** `queue 1 ms, acquire 4 ms, init 30 ms, run 5 ms`; of servers that do not tell that much, what they do tell. */
function stages(record: ActivationRecord): string {
  const told = annotationOf(record, 'stages')
  if (typeof told === 'object' && told !== null && !Array.isArray(told)) {
    const times = Object.entries(told as Readonly<Record<string, unknown>>).filter(
      (entry): entry is [string, number] => typeof entry[1] === 'number',
    )
    return times.map(([stage, ms]) => `${stage} ${ms < 10 ? Number(ms.toFixed(1)) : Math.round(ms)} ms`).join(', ')
  }
  const wait = annotationOf(record, 'waitTime')
  const init = annotationOf(record, 'initTime')
  const whole = record.duration ?? 0
  const initMs = typeof init === 'number' ? init : 0
  return [
    ...(typeof wait === 'number' ? [`wait ${wait} ms`] : []),
    ...(initMs > 0 ? [`init ${initMs} ms`] : []),
    `run ${Math.max(0, whole - initMs)} ms`,
  ].join(', ')
}

/** Without time and stream; what went to stderr stands out. */
function logLine(log: string, style: Style): string {
  const [, stream, text = log] = /^\S+\s+(stdout|stderr): ?([\s\S]*)$/.exec(log) ?? []
  return stream === 'stderr' ? style.text('yellow', text) : text
}

/** Of the day, here. */
function timeOf(ms: number): string {
  const date = new Date(ms)
  const two = (value: number): string => String(value).padStart(2, '0')
  const milliseconds = String(date.getMilliseconds()).padStart(3, '0')
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}.${milliseconds}`
}
