import assert from 'node:assert/strict'
import { sendRequest, type RawRequest, type RawResponse, type RestExchange } from '@stemcell/conformance/rest'
import {
  DocumentSchemas,
  type SwaggerDocument,
  type SwaggerOperation,
  type SwaggerParameter,
} from './swagger-document.ts'

/** Requests of TRACE, which the dialect cannot describe, and web actions called with more behind their name. */
const UNDOCUMENTED = /^\/api\/v1\/web\//

/**
 * Holds every exchange against what the server's own document says of its operation: what was sent, unless it was
 * refused, and whatever was answered. Paths are compared as they are written.
 */
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

  readonly observe = ({ request, response }: RestExchange): void => {
    const { method, path } = request
    const [pathname = '', query = ''] = path
      .replace(/^https?:\/\/[^/]*/, '')
      .split('#')[0]!
      .split('?')
    const found = this.#find(method, pathname)
    if (!found) {
      const allowed = response.status >= 400 || method === 'OPTIONS' || UNDOCUMENTED.test(pathname)
      assert.ok(allowed, `${method} ${pathname} succeeds but is in no document`)
      return
    }
    const parameters = new URLSearchParams(query)
    if (response.status < 400) this.#checkRequest(found, parameters, request)
    this.#checkResponse(found, parameters, response)
  }

  #find(method: string, pathname: string): Found | undefined {
    for (const document of this.#documents) {
      for (const [template, operations] of Object.entries(document.paths)) {
        const operation = operations[method.toLowerCase()]
        if (operation && matches(document.basePath, template, pathname)) return { document, operation }
      }
    }
    return undefined
  }

  #checkRequest({ document, operation }: Found, query: URLSearchParams, { body }: RawRequest): void {
    const what = `${operation.operationId} took`
    for (const { name, in: place, schema, required, ...declared } of operation.parameters) {
      if (place === 'query') {
        const value = query.get(name)
        if (value === null) continue
        const typed = declared.type === 'integer' ? Number(value) : value
        const error = this.#errorOf(document, queryParameterSchema(declared), typed)
        assert.equal(error, undefined, `${what} ${name}=${value}, which is not as declared: ${error}`)
      }
      if (place !== 'body' || !schema) continue
      const text = body === undefined ? '' : Buffer.from(body).toString('utf8')
      if (text === '') assert.ok(!required, `${what} no body, which is required`)
      else {
        const error = this.#errorOf(document, schema, JSON.parse(text))
        assert.equal(error, undefined, `${what} ${text.slice(0, 500)}, which is not as declared: ${error}`)
      }
    }
  }

  #checkResponse({ document, operation }: Found, query: URLSearchParams, response: RawResponse): void {
    const { operationId, responses, produces = document.produces } = operation
    if (responses['default']) return
    const what = `${operationId} ${response.status}`
    const declared = responses[response.status]
    assert.ok(declared, `${what} is not declared: ${response.text.slice(0, 500)}`)
    this.seen.add(what)
    const type = response.headers['content-type']?.split(';')[0]
    const { schema } = declared
    if (schema === undefined) {
      assert.ok(response.text === '' && type === undefined, `${what} is declared without a body and has ${type}`)
      return
    }
    assert.ok(produces.includes(type ?? ''), `${what} is of type ${type}, which is not declared`)
    const value: unknown = type === 'application/json' ? JSON.parse(response.text) : response.text
    const error = this.#errorOf(document, schema, value)
    assert.equal(error, undefined, `${what}: ${error} in ${response.text.slice(0, 1000)}`)
    if (response.status !== 200) return
    const { 'x-when-true': variants, items } = schema
    const variant = Object.entries(variants ?? {}).find(([name]) => isTrue(query.get(name)))?.[1]
    const exact = variant ?? (variants && { type: 'array', items: { allOf: [items], not: { required: ['logs'] } } })
    const mismatch = exact && this.#errorOf(document, exact, value)
    assert.equal(mismatch, undefined, `${what}: ${mismatch} in ${response.text.slice(0, 1000)}`)
  }

  #errorOf(document: SwaggerDocument, schema: object, value: unknown): string | undefined {
    return this.#schemas.get(document)?.errorOf(schema, value)
  }
}

interface Found {
  readonly document: SwaggerDocument
  readonly operation: SwaggerOperation
}

function queryParameterSchema({ type, pattern, minimum, maximum }: Partial<SwaggerParameter>): object {
  return JSON.parse(JSON.stringify({ type, pattern, minimum, maximum })) as object
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
  return new RegExp(template === '/' ? `^${base}/?$` : `^${base}${pattern}$`).test(pathname)
}
