import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { basename, dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { CreateError } from './create-error.ts'
import { SPIS, type Spi, type TemplateName } from './templates.ts'

export interface CreateOptions {
  /** Where the project is made; empty, or not there yet. */
  readonly folder: string
  readonly template: TemplateName
  /** For the template `adapter`. Default `queue`. */
  readonly spi?: Spi
  /** Name of the package. Default: made of the folder's. */
  readonly name?: string
  /** Folder of packages in a clone of the repository, which the project uses where they lie. Default: those of the registry. */
  readonly packages?: string | undefined
}

export interface CreatedProject {
  readonly folder: string
  readonly name: string
  /** Relative to the folder. */
  readonly files: readonly string[]
}

const TEMPLATES = fileURLToPath(new URL('../templates/', import.meta.url))
const VERSION = versionOf(new URL('../package.json', import.meta.url))
/** Git's own folder, and what a file manager leaves, are no content. */
const NO_CONTENT = new Set(['.git', '.DS_Store', 'Thumbs.db'])
const PACKAGE_NAME = /^(?:@[a-z0-9-~][a-z0-9-._~]*\/)?[a-z0-9-~][a-z0-9-._~]*$/

/**
 * Writes the files of a template. Nothing is installed.
 * @throws CreateError the folder has content, or the name is none for a package.
 */
export function createProject({
  folder,
  template,
  spi = 'queue',
  name: given,
  packages,
}: CreateOptions): CreatedProject {
  const place = resolve(folder)
  const name = given ?? nameOf(place)
  if (!PACKAGE_NAME.test(name) || name.length > 214) {
    throw new CreateError(`"${name}" is no name for a package: use lower-case letters, digits and -, with --name`)
  }
  requireEmpty(place)
  const files = new Map(sourcesOf(template, spi).flatMap((source) => filesOf(join(TEMPLATES, source))))
  for (const [file, source] of files) {
    const target = join(place, file)
    mkdirSync(dirname(target), { recursive: true })
    const text = filledIn(readFileSync(source, 'utf8'), name)
    writeFileSync(target, file === 'package.json' && packages !== undefined ? withPackagesOf(packages, text) : text)
  }
  return { folder: place, name, files: [...files.keys()].sort() }
}

/** Folders of templates; what a later one has wins. */
function sourcesOf(template: TemplateName, spi: Spi): readonly string[] {
  if (template === 'actions') return ['shared', template]
  const own = template === 'adapter' && spi !== 'load-balancer' ? ['adapter/shared', join('adapter', SPIS[spi])] : []
  return ['shared', 'typescript', ...(own.length > 0 ? own : [template === 'adapter' ? 'scheduler' : template])]
}

function requireEmpty(folder: string): void {
  if (!existsSync(folder)) return
  if (!statSync(folder).isDirectory()) throw new CreateError(`${folder} is a file: name a folder`)
  const [found] = readdirSync(folder).filter((entry) => !NO_CONTENT.has(entry))
  if (found !== undefined) {
    throw new CreateError(`${folder} is not empty, it has ${found}: name a new folder, nothing was written`)
  }
}

/** npm packs none of these under their own names, or takes them for its own. */
const OWN_NAMES = new Map([
  ['_gitignore', '.gitignore'],
  ['_package.json', 'package.json'],
])

/** Pairs of the file in the project and the file of the template. */
function filesOf(folder: string): [string, string][] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .map((source) => {
      const file = relative(folder, source).replaceAll('\\', '/')
      return [OWN_NAMES.get(file) ?? file, source]
    })
}

function filledIn(text: string, name: string): string {
  return text.replaceAll('__NAME__', name).replaceAll('__VERSION__', VERSION)
}

/** The folder of packages, where this program runs from a clone of the repository. */
export function packagesOfClone(): string | undefined {
  const packages = fileURLToPath(new URL('../../', import.meta.url))
  const manifest = join(packages, 'core', 'package.json')
  return existsSync(manifest) && nameIn(manifest) === '@stemcell/core' ? packages : undefined
}

/** Dependencies on packages of Stemcell lead into the folder. */
function withPackagesOf(packages: string, manifest: string): string {
  return manifest.replaceAll(/"@stemcell\/([\w-]+)": "[^"]*"/g, (dependency, short: string) => {
    const folder = join(packages, short)
    return existsSync(folder) ? `"@stemcell/${short}": ${JSON.stringify(`file:${folder}`)}` : dependency
  })
}

function nameIn(manifest: string): string {
  return (JSON.parse(readFileSync(manifest, 'utf8')) as { name: string }).name
}

function nameOf(folder: string): string {
  return basename(folder)
    .normalize('NFKD')
    .replaceAll(/\p{M}/gu, '')
    .toLowerCase()
    .replaceAll(/[^a-z0-9-._~]+/g, '-')
    .replaceAll(/^[-._]+|[-._]+$/g, '')
}

function versionOf(manifest: URL): string {
  return (JSON.parse(readFileSync(manifest, 'utf8')) as { version: string }).version
}
