import {
  isPlatformError,
  isStandardSchema,
  PlatformError,
  problems,
  standardProblems,
  type Adapter,
  type AdapterContext,
  type AdapterModule,
  type ConfigurableAdapter,
  type StandardIssue,
} from '@stemcell/core'
import { createRequire } from 'node:module'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { z } from '@stemcell/core/schema'
import type { AdapterSource } from './config-schema.ts'

/**
 * Imports the package that a configuration names and builds the adapter for one part of the platform. Packages are
 * looked for from the working directory first, then beside this one.
 * @param folder see `ConfigurableAdapter`.
 * @throws ERR_CONFIG the package is not installed, does not provide the part, or refuses the options.
 */
export async function loadAdapter<T, C extends AdapterContext = AdapterContext>(
  part: string,
  source: AdapterSource,
  folder?: string,
): Promise<Adapter<T, C>> {
  const place = `${part} (${source.adapter})`
  return adapterOf<T, C>(place, await importAdapter(place, source.adapter), part, source.options, folder)
}

/** The adapter for a part from a package that is loaded. @throws ERR_CONFIG as `loadAdapter` */
export async function adapterOf<T, C extends AdapterContext = AdapterContext>(
  place: string,
  module: AdapterModule,
  part: string,
  options: unknown,
  folder?: string,
): Promise<Adapter<T, C>> {
  const found = module.provides[part]
  if (!found) {
    const offers = Object.keys(module.provides).join(', ')
    throw new PlatformError('ERR_CONFIG', `${place}: the package does not provide ${part}; it provides ${offers}`)
  }
  return create(place, found, await optionsOf(place, found.options, options), folder) as Adapter<T, C>
}

/** What the schema makes of the options in the file. @throws ERR_CONFIG it refuses them. */
async function optionsOf(place: string, schema: unknown, given: unknown): Promise<unknown> {
  const refuse = (what: string): never => {
    throw new PlatformError('ERR_CONFIG', `${place}: ${what}`)
  }
  if (schema instanceof z.ZodType) {
    const parsed = await schema.safeParseAsync(given)
    return parsed.success ? parsed.data : refuse(problems(parsed.error, schema))
  }
  if (isStandardSchema(schema)) {
    const result = await schema['~standard'].validate(given)
    return result.issues ? refuse(standardProblems(result.issues)) : result.value
  }
  if (isOlderSchema(schema)) {
    const parsed = schema.safeParse(given)
    return parsed.success ? parsed.data : refuse(standardProblems(parsed.error?.issues ?? [{ message: 'are refused' }]))
  }
  return refuse('its options are no Standard Schema: use another version of the package')
}

/** As zod had them before there was a standard. */
interface OlderSchema {
  readonly safeParse: (given: unknown) => {
    readonly success: boolean
    readonly data?: unknown
    readonly error?: { readonly issues?: readonly StandardIssue[] }
  }
}

function isOlderSchema(schema: unknown): schema is OlderSchema {
  return (
    typeof schema === 'object' && schema !== null && 'safeParse' in schema && typeof schema.safeParse === 'function'
  )
}

function create(place: string, found: ConfigurableAdapter, options: unknown, folder?: string): Adapter<unknown, never> {
  try {
    return found.create(options, folder)
  } catch (cause) {
    if (isPlatformError(cause)) throw cause
    const message = cause instanceof Error ? cause.message : String(cause)
    throw new PlatformError('ERR_CONFIG', `${place}: create() failed: ${message}: mend its options, or the adapter`, {
      cause,
    })
  }
}

async function importAdapter(place: string, name: string): Promise<AdapterModule> {
  return (await importAdapterModule(place, name)).default
}

/** What a package offers as an adapter, with all that it exports beside that. @throws ERR_CONFIG as `loadAdapter` */
export async function importAdapterModule(
  place: string,
  name: string,
): Promise<{ readonly default: AdapterModule; readonly [name: string]: unknown }> {
  const entry = isPath(name) ? name : `${name}/adapter`
  const url = isPath(name) ? pathToFileURL(resolve(name)).href : locate(place, name, entry)
  let module: { readonly default?: Partial<AdapterModule>; readonly [name: string]: unknown }
  try {
    module = (await import(url)) as typeof module
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause)
    throw new PlatformError('ERR_CONFIG', `${place}: ${entry} fails while it loads: ${message}`, { cause })
  }
  if (typeof module.default?.provides === 'object') return { ...module, default: module.default as AdapterModule }
  throw new PlatformError(
    'ERR_CONFIG',
    `${place}: ${entry} is not an adapter; name a package whose default export is one`,
  )
}

/** A file rather than a package. */
function isPath(name: string): boolean {
  return /^\.{0,2}[/\\]/.test(name) || /\.[cm]?[jt]s$/.test(name)
}

function locate(place: string, name: string, entry: string): string {
  let cause: unknown
  for (const from of [join(process.cwd(), 'package.json'), import.meta.url]) {
    try {
      return pathToFileURL(createRequire(from).resolve(entry)).href
    } catch (error) {
      if (codeOf(error) === 'ERR_PACKAGE_PATH_NOT_EXPORTED') {
        throw new PlatformError('ERR_CONFIG', `${place}: the package exports no ./adapter; name one that does`, {
          cause: error,
        })
      }
      cause = error
    }
  }
  throw new PlatformError(
    'ERR_CONFIG',
    `${place}: cannot load ${entry}; is the package installed? (npm install ${name})`,
    { cause },
  )
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : ''
}
