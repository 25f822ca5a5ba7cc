import { existsSync, readFileSync } from 'node:fs'
import { parseEnv } from 'node:util'
import type { JsonValue } from './model.ts'

/** Values of the environment by name. */
export type Environment = Readonly<Record<string, string | undefined>>

/** A name that the environment does not have. */
export class MissingVariable extends Error {
  override readonly name = 'MissingVariable'
  readonly variable: string

  constructor(variable: string) {
    super(`the environment has no ${variable}`)
    this.variable = variable
  }
}

/** What `.env` says, under what the process was started with. */
export function withEnvFile(file: string, environment: Environment): Environment {
  return existsSync(file) ? { ...parseEnv(readFileSync(file, 'utf8')), ...environment } : environment
}

const REFERENCE = /\$(?:\$|([A-Za-z_]\w*)|\{([A-Za-z_]\w*)(?::-([^}]*))?\})/g

/**
 * Puts values in for `$NAME`, `${NAME}` and `${NAME:-otherwise}`; `$$` is a dollar.
 * @throws MissingVariable unless `missing` says what stands for it
 */
export function expand(text: string, environment: Environment, missing?: (name: string) => string): string {
  return text.replace(REFERENCE, (_, plain?: string, braced?: string, otherwise?: string) => {
    const name = plain ?? braced
    if (name === undefined) return '$'
    const value = environment[name] ?? otherwise
    if (value !== undefined) return value
    if (missing) return missing(name)
    throw new MissingVariable(name)
  })
}

/** The same in all texts of a value. */
export function expandValue(value: JsonValue, environment: Environment, missing?: (name: string) => string): JsonValue {
  if (typeof value === 'string') return expand(value, environment, missing)
  if (Array.isArray(value)) return value.map((one: JsonValue) => expandValue(one, environment, missing))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, one]) => [key, expandValue(one as JsonValue, environment, missing)]),
  )
}
