import { isEntityName } from '../../model/entity-name.ts'
import { canonicalPath } from '../http/well-formed-path.ts'
import { EXTENSIONS, type Extension } from './extension.ts'

/** Below this path, which ends in a slash, are web actions and nothing else. */
export const WEB_PREFIX = '/api/v1/web/'

/** A web action as a request's path names it. */
export interface WebPath {
  readonly namespace: string
  /** Undefined: the action lies in no package. */
  readonly package: string | undefined
  /** Of any characters: an action of an impossible name is a missing one. */
  readonly name: string
  readonly extension: Extension
  /** What follows the name, percent-encoded where it must be, with its slash; else empty. */
  readonly rest: string
}

const METHODS = new Set(['GET', 'DELETE', 'POST', 'PUT', 'HEAD', 'OPTIONS', 'PATCH'])
const NO_PACKAGE = 'default'
const DEFAULT_EXTENSION: Extension = '.http'

/** Undefined when no web action can be meant. `path` is well-formed. */
export function parseWebPath(method: string, path: string): WebPath | undefined {
  if (!METHODS.has(method)) return undefined
  const afterNamespace = path.indexOf('/', WEB_PREFIX.length)
  const afterPackage = afterNamespace < 0 ? -1 : path.indexOf('/', afterNamespace + 1)
  if (afterPackage < 0) return undefined
  const namespace = decodeSegment(path.slice(WEB_PREFIX.length, afterNamespace))
  const packageName = decodeSegment(path.slice(afterNamespace + 1, afterPackage))
  if (!isEntityName(namespace) || !isPackage(packageName)) return undefined

  const slash = path.indexOf('/', afterPackage + 1)
  const end = slash < 0 ? path.length : slash
  if (end === afterPackage + 1) return undefined
  const segment = decodeSegment(path.slice(afterPackage + 1, end))
  const extension = extensionOf(segment)
  return {
    namespace,
    package: packageName === NO_PACKAGE ? undefined : packageName,
    name: extension ? segment.slice(0, -extension.length) : segment,
    extension: extension ?? DEFAULT_EXTENSION,
    rest: canonicalPath(path.slice(end)),
  }
}

/** The word for no package is matched as a prefix: packages whose names begin with it cannot be reached. */
function isPackage(segment: string): boolean {
  return segment.startsWith(NO_PACKAGE) ? segment === NO_PACKAGE : isEntityName(segment)
}

function extensionOf(segment: string): Extension | undefined {
  const dot = segment.lastIndexOf('.')
  return dot < 0
    ? undefined
    : EXTENSIONS.find((extension) => extension.length === segment.length - dot && segment.endsWith(extension))
}

function decodeSegment(segment: string): string {
  return segment.includes('%') ? decodeURIComponent(segment) : segment
}
