import { PlatformError } from '../../errors.ts'
import { isJsonObject, type JsonObject } from '../../model/json.ts'
import { parseParameters, type Parameters } from '../../model/parameters.ts'

/** What a package document says to those who use the package's actions. */
export interface PackageContent {
  readonly publish: boolean
  readonly parameters: Parameters
  /** Present when the package only refers to another. */
  readonly binding?: { readonly namespace: string; readonly name: string }
}

/** True for documents of packages, among all that share the id space. */
export function isPackageDocument(document: JsonObject): boolean {
  const { entityType } = document
  return entityType === undefined ? 'binding' in document : entityType === 'package'
}

/** @throws ERR_CORRUPT the document cannot be understood. */
export function readPackageContent(document: JsonObject): PackageContent {
  const parameters = parseParameters(document['parameters'] ?? [])
  if (!parameters) throw corrupt('parameters')
  const publish = document['publish'] === true
  const { binding } = document
  if (!isJsonObject(binding) || Object.keys(binding).length === 0) return { publish, parameters }
  const { namespace, name } = binding
  if (typeof namespace !== 'string' || typeof name !== 'string') throw corrupt('binding')
  return { publish, parameters, binding: { namespace, name } }
}

function corrupt(field: string): PlatformError {
  return new PlatformError('ERR_CORRUPT', `package document: field '${field}' is malformed`)
}
