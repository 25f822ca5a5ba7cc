import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parse } from 'yaml'

export const DEPLOY: string = fileURLToPath(new URL('..', import.meta.url))

/** What the tests look at in a service. */
export interface ComposeService {
  readonly image: string
  readonly build?: { readonly context: string; readonly dockerfile: string }
  readonly command?: readonly string[]
  readonly environment?: Readonly<Record<string, string>>
  readonly env_file?: readonly string[]
  readonly volumes?: readonly string[]
  readonly secrets?: readonly string[]
  readonly stop_grace_period?: string
  readonly networks: readonly string[] | Readonly<Record<string, unknown>>
  readonly ports?: readonly string[]
  readonly healthcheck?: { readonly test: readonly string[] }
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>
}

export interface ComposeFile {
  readonly services: Readonly<Record<string, ComposeService>>
  readonly volumes: Readonly<Record<string, unknown>>
  readonly secrets: Readonly<Record<string, { readonly file: string }>>
}

/** With what it takes over from elsewhere in it. */
export function readCompose(): ComposeFile {
  return parse(readFileSync(`${DEPLOY}compose/compose.yaml`, 'utf8'), { merge: true }) as ComposeFile
}

export function serviceOf(name: string): ComposeService {
  const found = readCompose().services[name]
  if (!found) throw new Error(`the compose file has no service ${name}`)
  return found
}
