import { PlatformError } from '@stemcell/core'
import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { finished } from 'node:stream/promises'
import { csvRows } from './csv-rows.ts'
import { PORTION, type Invocation, type Trace, type TraceFunction } from './trace.ts'

const REQUIRED = ['at_ms', 'function', 'run_ms'] as const
const OPTIONAL = ['memory_mb', 'init_ms', 'namespace'] as const

/** Of a function that names none, MB: a platform's own default. */
const USUAL_MEMORY_MB = 256

/**
 * A trace in a CSV file. The first row names the columns: `at_ms`, `function` and `run_ms`; optional are `memory_mb`,
 * `init_ms` and `namespace`, which count from the first row of each function and may be left empty after it. Rows are in
 * order of `at_ms`.
 */
export function csvTrace(file: string): Trace {
  return { name: file, fittingMemoryMb: undefined, portions: () => read(file) }
}

async function* read(file: string): AsyncGenerator<readonly Invocation[]> {
  const functions = new Map<string, TraceFunction>()
  let portion: Invocation[] = []
  let lastMs = 0
  for await (const { row, values } of csvRows(file, { required: REQUIRED, optional: OPTIONAL })) {
    const refuse = (what: string): never => {
      throw new PlatformError('ERR_CONFIG', `${file}, row ${row}: ${what}`)
    }
    const number = (column: string, text: string): number => {
      const value = text === '' ? Number.NaN : Number(text)
      return Number.isFinite(value) && value >= 0 ? value : refuse(`${column} is '${text}', not a number, 0 or more`)
    }
    const [at, name, run, memory, init, namespace] = values as [string, string, string, string, string, string]
    const atMs = number('at_ms', at)
    if (atMs < lastMs) refuse(`at_ms is ${atMs}, before ${lastMs} of an earlier row: sort the rows by at_ms`)
    lastMs = atMs
    if (name === '') refuse('function is empty')
    let fn = functions.get(name)
    if (!fn) {
      const memoryMb = memory === '' ? USUAL_MEMORY_MB : number('memory_mb', memory)
      if (!Number.isSafeInteger(memoryMb) || memoryMb < 1)
        refuse(`memory_mb is '${memory}', not a whole number above 0`)
      fn = {
        name,
        namespace: namespace === '' ? 'default' : namespace,
        memoryMb,
        initMs: init === '' ? undefined : number('init_ms', init),
      }
      functions.set(name, fn)
    }
    portion.push({ atMs, fn, runMs: number('run_ms', run) })
    if (portion.length < PORTION) continue
    yield portion
    portion = []
  }
  if (portion.length > 0) yield portion
}

/** Writes a trace as {@link csvTrace} reads it. @throws ERR_CONFIG the file cannot be written. */
export async function writeCsvTrace(trace: Trace, file: string): Promise<void> {
  const stream = createWriteStream(file)
  const done = finished(stream)
  // Told below; until then nobody listens.
  done.catch(() => undefined)
  try {
    const seen = new Set<TraceFunction>()
    stream.write(`${[...REQUIRED, ...OPTIONAL].join(',')}\n`)
    for await (const portion of trace.portions()) {
      if (!stream.write(portion.map((invocation) => line(invocation, seen)).join(''))) {
        await Promise.race([once(stream, 'drain'), done])
      }
    }
    stream.end()
    await done
  } catch (cause) {
    stream.destroy()
    if (cause instanceof PlatformError) throw cause
    const message = cause instanceof Error ? cause.message : String(cause)
    throw new PlatformError('ERR_CONFIG', `${file} cannot be written: ${message}`, { cause })
  }
}

function line({ atMs, fn, runMs }: Invocation, seen: Set<TraceFunction>): string {
  const { name, namespace, memoryMb, initMs } = fn
  const facts = seen.has(fn) ? ',,' : `${memoryMb},${initMs ?? ''},${quoted(namespace)}`
  seen.add(fn)
  return `${rounded(atMs)},${quoted(name)},${rounded(runMs)},${facts}\n`
}

/** Thousandths of a ms are exact enough, and keep the order. */
function rounded(ms: number): number {
  return Math.round(ms * 1_000) / 1_000
}

function quoted(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
