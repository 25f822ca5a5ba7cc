import { documentId } from '../../model/entity-name.ts'
import { isBinaryCode, type Exec } from '../../model/exec.ts'
import { isJsonObject, type JsonObject, type JsonValue } from '../../model/json.ts'
import type { RuntimesManifest } from '../../model/runtimes-manifest.ts'
import { Refusal } from '../refusals/refusal.ts'
import { shown } from './json-readers.ts'
import { parseReference } from './parse-reference.ts'

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

/** The `exec` of a request. In it null is a value of the wrong type, not none. @throws Refusal */
export function parseExec(json: JsonValue, rules: ExecRules): Exec {
  if (!isJsonObject(json)) throw new Refusal('exec-malformed')
  if (typeof json['kind'] !== 'string') throw new Refusal('kind-missing')
  const kind = json['kind'].trim().toLowerCase()
  if (kind === 'sequence') return { kind, components: parseComponents(json, rules.ownNamespace) }
  if (kind === 'blackbox') return parseBlackbox(json)
  return parseCode(json, kind, rules.manifest)
}

function parseCode(json: JsonObject, requestedKind: string, manifest: RuntimesManifest): Exec {
  const runtime = manifest.runtime(requestedKind)
  if (!runtime) throw new Refusal('kind-unknown', { kind: requestedKind, known: manifest.kinds })
  const { kind, attached, requireMain } = runtime
  const given = attached && json['code'] === undefined ? json['jar'] : json['code']
  if (given === undefined) throw new Refusal('code-missing', { kind: requestedKind, attached })
  if (!attached && typeof given !== 'string') throw new Refusal('code-missing', { kind: requestedKind, attached })
  const main = parseMain(json, requestedKind)
  if (requireMain && main === undefined) throw new Refusal('main-missing', { kind: requestedKind })
  const code = codeText(given)
  return { kind, code: { text: code }, binary: isBinaryCode(code), ...(main === undefined ? {} : { main }) }
}

function parseBlackbox(json: JsonObject): Exec {
  const { image, code } = json
  if (typeof image !== 'string') throw new Refusal('image-missing')
  if (!IMAGE.test(image)) throw new Refusal('image-malformed')
  const text = code === undefined ? '' : codeText(code)
  const main = parseMain(json, 'blackbox')
  const hasCode = text.trim() !== ''
  return {
    kind: 'blackbox',
    image,
    ...(hasCode ? { code: { text } } : {}),
    binary: hasCode && isBinaryCode(text),
    ...(main === undefined ? {} : { main }),
  }
}

function parseMain(json: JsonObject, kind: string): string | undefined {
  const { main } = json
  if (main === undefined) return undefined
  if (typeof main !== 'string') throw new Refusal('main-malformed', { kind })
  return main
}

function parseComponents(json: JsonObject, ownNamespace: string): string[] {
  const { components } = json
  if (components === undefined) throw new Refusal('components-missing')
  if (!Array.isArray(components)) throw new Refusal('components-malformed')
  return components.map((component) => `/${documentId(parseReference(component, ownNamespace))}`)
}

/** What is no text would be the record of an attachment, which only the platform makes. */
function codeText(code: JsonValue): string {
  if (typeof code !== 'string') throw new Refusal('code-unreadable', { json: shown(code) })
  return code
}
