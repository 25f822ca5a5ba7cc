import { DEFAULT_NAMESPACE, isEntityName, pathSegments } from '../../model/entity-name.ts'
import { isBinaryCode, type Exec } from '../../model/exec.ts'
import { isJsonObject, type JsonObject, type JsonValue } from '../../model/json.ts'
import { stringifyJson } from '../../model/json-number.ts'
import type { RuntimesManifest } from '../../model/runtimes-manifest.ts'
import { badContent, type HttpError } from '../http/http-error.ts'
import { codeMissing, codeUnreadable, kindUnknown, mainMalformed, mainMissing, TEXTS } from '../http/texts.ts'

export interface ExecRules {
  readonly manifest: RuntimesManifest
  /** What `_` stands for in the names of components. */
  readonly ownNamespace: string
}

const DOMAIN = '[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?'
const REGISTRY = `${DOMAIN}(?:\\.${DOMAIN})*(?::\\d+)?`
const COMPONENT = '[a-z0-9]+(?:(?:\\.|__?|-+)[a-z0-9]+)*'
const IMAGE = new RegExp(
  `^(?:${REGISTRY}/)?${COMPONENT}(?:/${COMPONENT})*(?::\\w[\\w.-]{0,127})?(?:@[a-z0-9+._-]+:[0-9a-f]{32,})?$`,
)

/** The `exec` of a request. @throws HttpError 400 */
export function parseExec(json: JsonValue, rules: ExecRules): Exec {
  if (!isJsonObject(json) || typeof json['kind'] !== 'string') throw badContent(TEXTS.kindMissing)
  const kind = json['kind'].trim().toLowerCase()
  if (kind === 'sequence') return { kind, components: parseComponents(json, rules.ownNamespace) }
  if (kind === 'blackbox') return parseBlackbox(json)
  return parseCode(json, kind, rules.manifest)
}

function parseCode(json: JsonObject, requestedKind: string, manifest: RuntimesManifest): Exec {
  const runtime = manifest.runtime(requestedKind)
  if (!runtime) throw badContent(kindUnknown(requestedKind, manifest.kinds))
  const { kind, attached, requireMain } = runtime
  const code = json['code'] ?? (attached ? json['jar'] : undefined)
  if (code === undefined || code === null) throw badContent(codeMissing(kind, attached))
  if (typeof code !== 'string') throw attached ? unreadable(code) : badContent(codeMissing(kind, attached))
  const main = parseMain(json, kind)
  if (requireMain && main === undefined) throw badContent(mainMissing(kind))
  return { kind, code: { text: code }, binary: isBinaryCode(code), ...(main === undefined ? {} : { main }) }
}

function parseBlackbox(json: JsonObject): Exec {
  const { image, code } = json
  if (typeof image !== 'string') throw badContent(TEXTS.imageMissing)
  if (!IMAGE.test(image)) throw badContent(TEXTS.imageMalformed)
  if (code !== undefined && code !== null && typeof code !== 'string') throw unreadable(code)
  const main = parseMain(json, 'blackbox')
  const hasCode = typeof code === 'string' && code.trim() !== ''
  return {
    kind: 'blackbox',
    image,
    ...(hasCode ? { code: { text: code } } : {}),
    binary: hasCode && isBinaryCode(code),
    ...(main === undefined ? {} : { main }),
  }
}

function parseMain(json: JsonObject, kind: string): string | undefined {
  const { main } = json
  if (main === undefined || main === null) return undefined
  if (typeof main !== 'string') throw badContent(mainMalformed(kind))
  return main
}

function parseComponents(json: JsonObject, ownNamespace: string): string[] {
  const { components } = json
  if (components === undefined || components === null) throw badContent(TEXTS.componentsMissing)
  if (!Array.isArray(components)) throw badContent(TEXTS.componentsNoArray)
  return components.map((component) => {
    const segments = typeof component === 'string' ? pathSegments(component) : []
    if (segments.length < 2 || segments.length > 3) throw badContent(TEXTS.nameIncomplete)
    if (!segments.every(isEntityName)) throw badContent(TEXTS.nameIllegal)
    if (segments[0] === DEFAULT_NAMESPACE) segments[0] = ownNamespace
    return `/${segments.join('/')}`
  })
}

function unreadable(code: JsonValue): HttpError {
  return badContent(codeUnreadable(stringifyJson(code)))
}
