import { NO_SETTINGS, webOf, type ActionSettings } from './action-settings.ts'
import { expand, MissingVariable, type Environment } from './environment.ts'
import type { Fault } from './fault.ts'
import type { JsonValue, Limits } from './model.ts'
import { valueOf, words } from './words.ts'

/** A comment that has an option in it: `#--web true`, `//-a key value`. */
const SETTING = /^(?:#|\/\/)(-[a-zA-Z]|--[a-z][a-z-]*)(?:[ \t]+(.*))?$/
/** What may stand before the code. */
const HEAD = /^\s*(?:$|#|\/\/|\/\*|\*|(['"])use strict\1;?\s*$)/

type Mutable = {
  -readonly [Key in keyof Omit<ActionSettings, 'limits' | 'parameters' | 'annotations'>]: ActionSettings[Key]
} & {
  limits: { -readonly [Key in keyof Limits]: Limits[Key] }
  parameters: Record<string, JsonValue>
  annotations: Record<string, JsonValue>
}

/** Options that the comments at the head of a file set, in the forms of Apache OpenServerless, which are those of `wsk`. */
export function commentSettings(text: string, file: string, environment: Environment, faults: Fault[]): ActionSettings {
  const settings = structuredClone(NO_SETTINGS) as Mutable
  let line = 0
  for (const full of text.split('\n')) {
    line++
    const content = full.trimEnd()
    const [, option, rest = ''] = SETTING.exec(content) ?? []
    if (option !== undefined) {
      const fault = setOption(settings, option, rest, environment)
      if (fault) faults.push({ file, line, ...fault })
    } else if (!HEAD.test(content)) break
  }
  return settings
}

function setOption(
  settings: Mutable,
  option: string,
  rest: string,
  environment: Environment,
): Pick<Fault, 'message' | 'fix'> | undefined {
  let values: string[]
  try {
    values = words(rest).map(({ text, literal }) => (literal ? text : expand(text, environment)))
  } catch (error) {
    if (error instanceof MissingVariable) {
      return { message: error.message, fix: `set ${error.variable} in the environment, or in the file .env` }
    }
    return { message: `${option}: ${(error as Error).message}` }
  }
  const needs = (count: number): Pick<Fault, 'message'> | undefined =>
    values.length === count
      ? undefined
      : { message: `${option} takes ${count === 1 ? 'one value' : `${count} values`}, here are ${values.length}` }
  const [first = '', second = ''] = values
  const whole = (key: keyof Limits): Pick<Fault, 'message'> | undefined => {
    if (!/^\d+$/.test(first)) return needs(1) ?? { message: `${option} takes a whole number, not ${first}` }
    settings.limits[key] = Number(first)
    return needs(1)
  }
  switch (option) {
    case '-p':
    case '--param':
      settings.parameters[first] = valueOf(second)
      return needs(2)
    case '-a':
    case '--annotation':
      settings.annotations[first] = valueOf(second)
      return needs(2)
    case '--web': {
      const web = webOf(first === '' ? 'true' : first)
      if (web === undefined) return { message: `--web takes true, yes, raw, false or no, not ${first}` }
      settings.web = web
      return undefined
    }
    case '--web-secure':
      settings.webSecure = valueOf(first)
      return needs(1)
    case '--kind':
      settings.kind = first
      return needs(1)
    case '--main':
      settings.main = first
      return needs(1)
    case '--docker':
      settings.docker = first
      return needs(1)
    case '--native':
      settings.native = true
      return needs(0)
    case '--cron':
      settings.cron = values.join(' ')
      return settings.cron === '' ? needs(1) : undefined
    case '-t':
    case '--timeout':
      return whole('timeout')
    case '-m':
    case '--memory':
      return whole('memory')
    case '-l':
    case '--logsize':
      return whole('logs')
    case '-c':
    case '--concurrency':
      return whole('concurrency')
    default:
      return {
        message: `there is no setting ${option}`,
        fix: 'known: --web, --web-secure, --param, --annotation, --kind, --main, --timeout, --memory, --logsize, --concurrency, --docker, --native, --cron; a blank after the comment sign makes it a plain comment',
      }
  }
}
