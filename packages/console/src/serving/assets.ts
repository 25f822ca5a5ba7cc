import { readdirSync, readFileSync } from 'node:fs'
import { extname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** What the build of the app made. */
const FOLDER = fileURLToPath(new URL('../../assets', import.meta.url))

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.json': 'application/json',
}

export interface Asset {
  readonly type: string
  readonly plain: Buffer
  /** The same, compressed, by the name of the coding. */
  readonly br?: Buffer
  readonly gzip?: Buffer
  /** Its name changes with its content. */
  readonly hashed: boolean
}

/** Files of the app by their path below `/console/`; empty when it was not built. */
export function readAssets(folder: string = FOLDER): ReadonlyMap<string, Asset> {
  const names = listed(folder)
  const assets = new Map<string, Asset>()
  for (const name of names) {
    const type = TYPES[extname(name)]
    if (type === undefined) continue
    const read = (file: string): Buffer => readFileSync(join(folder, file))
    assets.set(name, {
      type,
      plain: read(name),
      ...(names.includes(`${name}.br`) ? { br: read(`${name}.br`) } : {}),
      ...(names.includes(`${name}.gz`) ? { gzip: read(`${name}.gz`) } : {}),
      hashed: /-[\w-]{8,}\.(?:js|css)$/.test(name),
    })
  }
  return assets
}

function listed(folder: string): readonly string[] {
  try {
    return readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) => name.replaceAll('\\', '/'))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}
