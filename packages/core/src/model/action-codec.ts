import { createHash } from 'node:crypto'
import { PlatformError } from '../errors.ts'
import type { Attachment } from './attachment.ts'
import { parametersJson } from './activation-codec.ts'
import type { Action } from './action.ts'
import type { ActionLimits } from './action-limits.ts'
import type { Code, Exec } from './exec.ts'
import { isBlackbox, isSequence } from './exec.ts'
import type { JsonObject, JsonValue } from './json.ts'
import { isJsonObject, numberOf } from './json.ts'
import { parseParameters, type Parameters } from './parameters.ts'
import { DEFAULT_PLATFORM_LIMITS } from './platform-limits.ts'

/** A document as OpenWhisk writes it, with the attachment its code became when it is long. */
export interface ActionDocument {
  readonly document: JsonObject
  readonly attachments: Readonly<Record<string, Attachment>>
  /** Attachments of the previous revision that the document still refers to. */
  readonly keepAttachments: readonly string[]
}

const INLINE = 'mem:'
const STORED = 'couch:'
const TEXT_TYPE = 'text/plain; charset=UTF-8'
const BINARY_TYPE = 'application/octet-stream'

/**
 * The document of an action. Code of at least `maxInlineCodeBytes` becomes an attachment called `attachmentName`;
 * shorter code stays in the document.
 */
export function actionDocument(
  action: Action,
  options: { readonly maxInlineCodeBytes: number; readonly attachmentName: string },
): ActionDocument {
  const attachments: Record<string, Attachment> = {}
  const keepAttachments: string[] = []

  const codeJson = (code: Code, binary: boolean): JsonObject => {
    if ('attachment' in code) {
      keepAttachments.push(code.attachment)
      return code.reference ?? { attachmentName: STORED + code.attachment, attachmentType: code.contentType }
    }
    const bytes = Buffer.from(binary ? code.text.trim() : code.text, binary ? 'base64' : 'utf8')
    const contentType = binary ? BINARY_TYPE : TEXT_TYPE
    if (bytes.length < options.maxInlineCodeBytes) {
      const digest = `sha256-${createHash('sha256').update(bytes).digest('hex')}`
      return { attachmentName: INLINE + base64url(bytes), attachmentType: contentType, length: bytes.length, digest }
    }
    attachments[options.attachmentName] = { contentType, bytes }
    return { attachmentName: STORED + options.attachmentName, attachmentType: contentType }
  }

  const { exec } = action
  const main = !isSequence(exec) && exec.main !== undefined ? { main: exec.main } : {}
  const execJson: JsonObject = isSequence(exec)
    ? { kind: exec.kind, components: [...exec.components] }
    : isBlackbox(exec)
      ? {
          kind: exec.kind,
          image: exec.image,
          ...(exec.code ? { code: codeJson(exec.code, exec.binary) } : {}),
          binary: exec.binary,
          ...main,
        }
      : { kind: exec.kind, code: codeJson(exec.code, exec.binary), binary: exec.binary, ...main }

  return {
    document: {
      namespace: action.path,
      name: action.name,
      exec: execJson,
      parameters: parametersJson(action.parameters),
      limits: limitsJson(action.limits),
      version: action.version,
      publish: action.publish,
      annotations: parametersJson(action.annotations),
      updated: action.updated,
      entityType: 'action',
    },
    attachments,
    keepAttachments,
  }
}

/** OpenWhisk pads base64url. */
function base64url(bytes: Buffer): string {
  return bytes.toString('base64').replaceAll('+', '-').replaceAll('/', '_')
}

export function limitsJson({ timeout, memory, logs, concurrency, instances, cpu }: ActionLimits): JsonObject {
  return {
    timeout,
    memory,
    logs,
    concurrency,
    ...(instances === undefined ? {} : { instances }),
    ...(cpu === undefined ? {} : { cpu }),
  }
}

/** True for documents of another entity type that share the id space of actions. */
export function isActionDocument(document: JsonObject): boolean {
  const { entityType } = document
  return entityType === undefined ? 'exec' in document : entityType === 'action'
}

/**
 * Reads a document written here or by OpenWhisk, old forms included: missing fields take their defaults.
 * Code kept as an attachment is left there; see {@link readCode}.
 * @throws ERR_CORRUPT the document cannot be understood.
 */
export function readAction(document: JsonObject): Action {
  const { version, publish, updated } = document
  return {
    path: text(document, 'namespace'),
    name: text(document, 'name'),
    exec: readExec(isJsonObject(document['exec']) ? document['exec'] : corrupt('exec')),
    parameters: readList(document, 'parameters'),
    limits: readLimits(isJsonObject(document['limits']) ? document['limits'] : {}),
    version: typeof version === 'string' ? version : '0.0.1',
    publish: publish === true,
    annotations: readList(document, 'annotations'),
    updated: typeof updated === 'string' ? Date.parse(updated) || 0 : (numberOf(updated) ?? 0),
  }
}

function readList(document: JsonObject, field: string): Parameters {
  return parseParameters(document[field] ?? []) ?? corrupt(field)
}

function readLimits(json: JsonObject): ActionLimits {
  const defaults = DEFAULT_PLATFORM_LIMITS
  const { timeout, memory, logs, concurrency } = json
  const instances = numberOf(json['instances'])
  const cpu = numberOf(json['cpu'])
  return {
    timeout: numberOf(timeout) ?? defaults.timeoutMs.std,
    memory: numberOf(memory) ?? defaults.memoryMb.std,
    logs: numberOf(logs) ?? defaults.logsMb.std,
    concurrency: numberOf(concurrency) ?? defaults.concurrency.std,
    ...(instances === undefined ? {} : { instances }),
    ...(cpu === undefined ? {} : { cpu }),
  }
}

function readExec(json: JsonObject): Exec {
  const kind = text(json, 'kind')
  if (kind === 'sequence') return { kind, components: readComponents(json['components']) }
  const binary = json['binary'] === true
  const { main, image } = json
  const code = readCodeField(json['code'] ?? json['jar'], binary)
  const optional = typeof main === 'string' ? { main } : {}
  if (kind === 'blackbox') {
    return {
      kind,
      image: typeof image === 'string' ? image : corrupt('exec.image'),
      ...(code ? { code } : {}),
      binary,
      ...optional,
    }
  }
  return { kind, code: code ?? corrupt('exec.code'), binary, ...optional }
}

/** Components are `/ns/a` texts; OpenWhisk also reads `{path, name}` objects. */
function readComponents(json: JsonValue | undefined): string[] {
  if (!Array.isArray(json)) return corrupt('exec.components')
  return json.map((item) => {
    if (typeof item === 'string') return item.startsWith('/') ? item : `/${item}`
    return isJsonObject(item) ? `/${text(item, 'path')}/${text(item, 'name')}` : corrupt('exec.components')
  })
}

function readCodeField(json: JsonValue | undefined, binary: boolean): Code | undefined {
  if (json === undefined || json === null) return undefined
  if (typeof json === 'string') return { text: json }
  if (!isJsonObject(json)) return corrupt('exec.code')
  const name = text(json, 'attachmentName')
  const { attachmentType } = json
  const contentType = typeof attachmentType === 'string' ? attachmentType : binary ? BINARY_TYPE : TEXT_TYPE
  if (name.startsWith(INLINE)) return { text: codeText(Buffer.from(name.slice(INLINE.length), 'base64url'), binary) }
  const colon = name.indexOf(':')
  const attachment = colon < 0 ? name : name.slice(colon + 1)
  // Old documents have no scheme, those of other attachment stores another one, and a length and a digest.
  const isOurs = name === STORED + attachment && Object.keys(json).length === 2 && contentType === attachmentType
  return { attachment, contentType, ...(isOurs ? {} : { reference: json }) }
}

function codeText(bytes: Uint8Array, binary: boolean): string {
  return Buffer.from(bytes).toString(binary ? 'base64' : 'utf8')
}

/** Code as clients know it, given the bytes of its attachment. */
export function readCode(exec: Exec, attachment: Uint8Array): string {
  return codeText(attachment, !isSequence(exec) && exec.binary)
}

function text(json: JsonObject, field: string): string {
  const value = json[field]
  return typeof value === 'string' ? value : corrupt(field)
}

function corrupt(field: string): never {
  throw new PlatformError('ERR_CORRUPT', `action document: field '${field}' is missing or malformed`)
}
