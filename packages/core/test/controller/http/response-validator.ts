import assert from 'node:assert/strict'
import type { RestExchange } from '../../../src/conformance/rest/rest-target.ts'
import { sendRequest, type RawResponse } from '../../../src/conformance/rest/send-request.ts'
import { DocumentSchemas, type SwaggerDocument, type SwaggerOperation } from './swagger-document.ts'

/** The documents themselves, and web actions called with more behind their name. */
const UNDOCUMENTED = /^\/(?:api\/v1\/)?(?:api-docs|docs)(?:\/|$)|^\/api\/v1\/web\//

/** Holds every answer against what the server's own document says of its operation. */
export class ResponseValidator {
  readonly #documents: readonly SwaggerDocument[]
  readonly #schemas: ReadonlyMap<SwaggerDocument, DocumentSchemas>
  /** `operationId status` of every answer that was held against the document. */
  readonly seen = new Set<string>()

  private constructor(documents: readonly SwaggerDocument[]) {
    this.#documents = documents
    this.#schemas = new Map(documents.map((document) => [document, new DocumentSchemas(document)]))
  }

  static async connect(baseUrl: string): Promise<ResponseValidator> {
    const read = async (path: string): Promise<SwaggerDocument> => {
      const { status, text } = await sendRequest(baseUrl, { method: 'GET', path, headers: {} })
      assert.equal(status, 200, path)
      return JSON.parse(text) as SwaggerDocument
    }
    return new ResponseValidator([await read('/api/v1/api-docs'), await read('/api-docs')])
  }

  readonly observe = ({ request: { method, path }, response }: RestExchange): void => {
    const [pathname = '', query = ''] = path.replace(/^https?:\/\/[^/]*/, '').split('?')
    const found = this.#find(method, pathname)
    if (found) this.#check(found, new URLSearchParams(query), response)
    else {
      const allowed = response.status >= 400 || method === 'OPTIONS' || UNDOCUMENTED.test(pathname)
      assert.ok(allowed, `${method} ${pathname} succeeds but is in no document`)
    }
  }

  #find(method: string, pathname: string): { document: SwaggerDocument; operation: SwaggerOperation } | undefined {
    for (const document of this.#documents) {
      for (const [template, operations] of Object.entries(document.paths)) {
        const operation = operations[method.toLowerCase()]
        if (operation && matches(document.basePath, template, pathname)) return { document, operation }
      }
    }
    return undefined
  }

  #check(
    { document, operation }: { document: SwaggerDocument; operation: SwaggerOperation },
    query: URLSearchParams,
    response: RawResponse,
  ): void {
    const { operationId, responses } = operation
    if (responses['default']) return
    const what = `${operationId} ${response.status}`
    const declared = responses[response.status]
    assert.ok(declared, `${what} is not declared: ${response.text.slice(0, 500)}`)
    this.seen.add(what)
    const { schema } = declared
    const isPlainTooLarge = response.status === 413 && response.headers['content-type']?.startsWith('text/plain')
    if (schema === undefined || isPlainTooLarge) return
    assert.equal(response.headers['content-type'], 'application/json', what)
    const variant =
      response.status === 200
        ? Object.entries(operation['x-when-true'] ?? {}).find(([name]) => isTrue(query.get(name)))?.[1]
        : undefined
    const error = this.#schemas.get(document)?.errorOf(variant ?? schema, JSON.parse(response.text))
    assert.equal(error, undefined, `${what}: ${error} in ${response.text.slice(0, 1000)}`)
  }
}

function isTrue(value: string | null): boolean {
  return /^(?:true|yes|on|1)$/i.test(value ?? '')
}

function matches(basePath: string, template: string, pathname: string): boolean {
  const base = basePath === '/' ? '' : basePath
  const pattern = template
    .split(/\{\w+\}/)
    .map((text) => text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`))
    .join('[^/]+')
  const full = new RegExp(template === '/' ? `^${base}/?$` : `^${base}${pattern}$`)
  return full.test(pathname) || (pathname.endsWith('/') && full.test(pathname.slice(0, -1)) && isCollection(template))
}

/** Listings, activations and limits tolerate a slash at the end. */
function isCollection(template: string): boolean {
  return /\/(?:namespaces|actions|triggers|rules|packages|activations|limits)$|\/activations\/\{id\}$/.test(template)
}
