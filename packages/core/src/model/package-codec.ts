import { parametersJson } from './activation-codec.ts'
import { DocumentFields, documentTail } from './document-fields.ts'
import type { JsonObject } from './json.ts'
import { isJsonObject } from './json.ts'
import type { Package, PackageName } from './package.ts'

/** The document of a package, as OpenWhisk writes it. */
export function packageDocument(pkg: Package): JsonObject {
  return {
    namespace: pkg.path,
    name: pkg.name,
    binding: bindingJson(pkg.binding),
    parameters: parametersJson(pkg.parameters),
    ...documentTail(pkg, 'package'),
  }
}

/** `{}` for a package that is no binding. */
export function bindingJson(binding: PackageName | undefined): JsonObject {
  return binding ? { namespace: binding.namespace, name: binding.name } : {}
}

/** True for documents of packages, among all that share the id space. */
export function isPackageDocument(document: JsonObject): boolean {
  const { entityType } = document
  return entityType === undefined ? 'binding' in document : entityType === 'package'
}

/** @throws ERR_CORRUPT the document cannot be understood. */
export function readPackage(document: JsonObject): Package {
  const fields = new DocumentFields('package', document)
  const content = { ...fields.head(), parameters: fields.parameters('parameters') }
  const { binding } = document
  if (!isJsonObject(binding) || Object.keys(binding).length === 0) return content
  const { namespace, name } = binding
  if (typeof namespace !== 'string' || typeof name !== 'string') throw fields.corrupt('binding')
  return { ...content, binding: { namespace, name } }
}
