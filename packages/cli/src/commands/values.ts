import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Context } from '../context.ts'
import type { JsonValue, Values } from '../project/model.ts'
import { valueOf } from '../project/words.ts'
import { PAIR_END } from './join-values.ts'
import { usage } from './session.ts'

export interface ValueFlags {
  /** Keys and values, see `joinValues`. */
  readonly param?: readonly string[]
  readonly paramFile?: string
  readonly annotation?: readonly string[]
  readonly annotationFile?: string
}

/** Those of a file, and over them those of the command line. @throws CommandEnd */
export function parametersOf({ param, paramFile }: ValueFlags, context: Context): Values {
  return { ...fileValues(paramFile, context), ...pairValues(param, '--param') }
}

export function annotationsOf({ annotation, annotationFile }: ValueFlags, context: Context): Values {
  return { ...fileValues(annotationFile, context), ...pairValues(annotation, '--annotation') }
}

export function pairValues(given: readonly string[] | undefined, option: string): Values {
  const values: Record<string, JsonValue> = {}
  for (const pair of given ?? []) {
    const end = pair.indexOf(PAIR_END)
    if (end < 0) throw usage(`Arguments for '${option}' must be a key/value pair`)
    values[pair.slice(0, end)] = valueOf(pair.slice(end + 1))
  }
  return values
}

function fileValues(file: string | undefined, { cwd }: Context): Values {
  if (file === undefined) return {}
  const text = readText(file, cwd).toString('utf8')
  try {
    const values = JSON.parse(text) as unknown
    if (typeof values === 'object' && values !== null && !Array.isArray(values)) return values as Values
  } catch (error) {
    throw usage(`Invalid JSON in ${file}: ${(error as Error).message}`)
  }
  throw usage(`Invalid JSON in ${file}: it must be an object`)
}

/** @throws CommandEnd it is not there */
export function readText(file: string, cwd: string): Buffer {
  try {
    return readFileSync(resolve(cwd, file))
  } catch (error) {
    throw usage(`File '${file}' is not a valid file or it does not exist: ${(error as Error).message}`)
  }
}

export function pairs(values: Values): { key: string; value: JsonValue }[] {
  return Object.entries(values).map(([key, value]) => ({ key, value }))
}
