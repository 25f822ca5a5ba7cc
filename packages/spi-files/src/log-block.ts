import type { Activation, Identity } from '@stemcell/core'

/** A line as records hold it: time, padded to 30, stream, text. */
const LINE = /^(\S+) +(stdout|stderr): (.*)$/s
const TIME_WIDTH = 30

/** Whose log a line is: written with each, so that whoever collects the files can tell them apart. */
export interface LogOwner {
  readonly activationId: string
  readonly namespaceId: string
}

/** The lines of one activation as lines of JSON, with the fields that OpenWhisk writes into its files of logs. */
export function encodeBlock(activation: Activation, { namespace }: Identity, lines: readonly string[]): Buffer {
  const owner = {
    activationId: activation.activationId,
    action: pathOf(activation),
    namespace: namespace.name,
    namespaceId: namespace.uuid,
  }
  return Buffer.from(lines.map((line) => `${JSON.stringify({ ...fieldsOf(line), ...owner })}\n`).join(''))
}

/** What {@link encodeBlock} was given, and how many lines could not be read, or are another activation's. */
export function decodeBlock(
  block: Buffer,
  { activationId, namespaceId }: LogOwner,
): { readonly lines: readonly string[]; readonly damaged: number } {
  const lines: string[] = []
  let damaged = 0
  for (const text of block.toString('utf8').split('\n')) {
    if (text === '') continue
    const found = parse(text)
    if (!found || found['activationId'] !== activationId || typeof found['log'] !== 'string') damaged++
    // Not theirs: as if it were not there.
    else if (found['namespaceId'] === namespaceId) lines.push(lineOf(found, found['log']))
  }
  return { lines, damaged }
}

function pathOf({ namespace, name, annotations }: Activation): string {
  const path = annotations.find(({ key }) => key === 'path')?.value
  return typeof path === 'string' ? path : `${namespace}/${name}`
}

/** A line of another form stays whole, without time and stream. */
function fieldsOf(line: string): { readonly time?: string; readonly stream?: string; readonly log: string } {
  const [, time, stream, log] = LINE.exec(line) ?? []
  if (time === undefined || stream === undefined || log === undefined) return { log: line }
  const fields = { time, stream, log }
  return lineOf(fields, log) === line ? fields : { log: line }
}

function lineOf({ time, stream }: { readonly [name: string]: unknown }, log: string): string {
  if (typeof time !== 'string' || typeof stream !== 'string') return log
  return `${time.padEnd(TIME_WIDTH)} ${stream}: ${log}`
}

function parse(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined
  } catch {
    return undefined
  }
}
