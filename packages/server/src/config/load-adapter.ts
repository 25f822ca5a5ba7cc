import type { Adapter, AdapterModule } from '@stemcell/core'
import { PlatformError } from '@stemcell/core'

/**
 * Imports the package that a configuration names and builds the adapter for one part of the platform.
 * @throws ERR_CONFIG the package is not installed, does not provide the part, or refuses the options.
 */
export async function loadAdapter<T>(
  part: string,
  source: { readonly adapter: string; readonly options: Readonly<Record<string, unknown>> },
): Promise<Adapter<T>> {
  const module = await importAdapter(part, source.adapter)
  const found = module.provides[part]
  if (!found) {
    const offers = Object.keys(module.provides).join(', ')
    throw new PlatformError('ERR_CONFIG', `${part}: ${source.adapter} does not provide it; it provides ${offers}`)
  }
  const parsed = found.options.safeParse(source.options)
  if (!parsed.success) {
    const lines = parsed.error.issues.map((issue) => `${issue.path.join('.') || 'options'}: ${issue.message}`)
    throw new PlatformError('ERR_CONFIG', `${part} (${source.adapter}): ${lines.join('; ')}`)
  }
  return found.create(parsed.data) as Adapter<T>
}

async function importAdapter(part: string, name: string): Promise<AdapterModule> {
  try {
    const { default: module } = (await import(`${name}/adapter`)) as { default: AdapterModule }
    return module
  } catch (cause) {
    throw new PlatformError(
      'ERR_CONFIG',
      `${part}: cannot load ${name}/adapter; is the package installed? (npm install ${name})`,
      { cause },
    )
  }
}
