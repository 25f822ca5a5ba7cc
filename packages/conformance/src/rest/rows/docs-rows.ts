import { ANYTHING, type ContractRow } from '../contract-row.ts'
import { API, GET } from '../paths.ts'

const nobody = { as: 'nobody' } as const

/** How the server describes itself. */
export const docsRows: readonly ContractRow[] = [
  ...[`${API}/api-docs`, `${API}/api-docs/`].map((path): ContractRow => ({
    name: `${path} is the Swagger document of the API`,
    when: GET(path, nobody),
    answer: {
      status: 200,
      body: {
        swagger: '2.0',
        basePath: '/api/v1',
        paths: {
          '/namespaces/{namespace}/actions': { get: ANYTHING },
          '/namespaces/{namespace}/packages': { get: ANYTHING },
          '/namespaces/{namespace}/triggers': { get: ANYTHING },
          '/namespaces/{namespace}/rules': { get: ANYTHING },
          '/namespaces/{namespace}/activations': { get: ANYTHING },
        },
      },
      headers: { 'access-control-allow-origin': '*' },
    },
  })),
  {
    name: 'the root has a Swagger document too',
    when: GET('/api-docs', nobody),
    answer: { status: 200, body: { swagger: '2.0', paths: { '/': { get: ANYTHING } } } },
  },
  {
    name: 'the documentation of the API is elsewhere',
    when: GET(`${API}/docs`, nobody),
    answer: { status: 308, headers: { location: /docs\/index\.html\?url=\/api\/v1\/api-docs$/ } },
  },
  {
    name: 'the documentation of the server is elsewhere',
    when: GET('/docs', nobody),
    answer: { status: 308, headers: { location: /docs\/index\.html\?url=\/api-docs$/ } },
  },
  ...[`${API}/docs/index.html?url=/api/v1/api-docs`, '/docs/index.html?url=/api-docs'].map((path): ContractRow => ({
    name: `${path} is a page`,
    when: GET(path, nobody),
    answer: { status: 200, headers: { 'content-type': /^text\/html/ } },
  })),
]
