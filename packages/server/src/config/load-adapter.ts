import { PlatformError, type Adapter, type AdapterModule } from '@stemcell/core'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { AdapterSource } from './config-schema.ts'
import { problems } from './read-config.ts'

/**
 * Imports the package that a configuration names and builds the adapter for one part of the platform. Packages are
 * looked for from the working directory first, then beside this one.
 * @param folder see `ConfigurableAdapter`.
 * @throws ERR_CONFIG the package is not installed, does not provide the part, or refuses the options.
 */
export async function loadAdapter<T>(part: string, source: AdapterSource, folder?: string): Promise<Adapter<T>> {
  const place = `${part} (${source.adapter})`
  const module = await importAdapter(place, source.adapter)
  const found = module.provides[part]
  if (!found) {
    const offers = Object.keys(module.provides).join(', ')
    throw new PlatformError('ERR_CONFIG', `${place}: the package does not provide ${part}; it provides ${offers}`)
  }
  const parsed = found.options.safeParse(source.options)
  if (!parsed.success) throw new PlatformError('ERR_CONFIG', `${place}: ${problems(parsed.error)}`)
  return found.create(parsed.data, folder) as Adapter<T>
}

async function importAdapter(place: string, name: string): Promise<AdapterModule> {
  const entry = `${name}/adapter`
  const url = locate(place, name, entry)
  let module: { readonly default?: Partial<AdapterModule> }
  try {
    module = (await import(url)) as typeof module
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause)
    throw new PlatformError('ERR_CONFIG', `${place}: ${entry} fails while it loads: ${message}`, { cause })
  }
  if (typeof module.default?.provides === 'object') return module.default as AdapterModule
  throw new PlatformError(
    'ERR_CONFIG',
    `${place}: ${entry} is not an adapter; name a package whose default export is one`,
  )
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
