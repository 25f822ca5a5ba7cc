import { describeApi, describeServer } from './api-description.ts'
import { jsonAnswer, textAnswer, type Answer } from '../http/answer.ts'
import { docsPage } from './docs-page.ts'
import type { OpenRoute, Route } from '../http/route.ts'

/**
 * The documents about the given rows and these ones, and the page that shows them. They are written for the first who
 * asks: every start would wait for them.
 */
export function docsRoutes(described: readonly Route[]): readonly OpenRoute[] {
  const page = once(docsPage)
  const routes: readonly OpenRoute[] = [
    ...docsBelow(
      '/api/v1',
      { cors: 'rest', tag: 'API' },
      once(() => written(describeApi, described, routes)),
      page,
    ),
    ...docsBelow(
      '',
      { cors: 'none', tag: 'Server' },
      once(() => written(describeServer, described, routes)),
      page,
    ),
  ]
  return routes
}

function written(
  describe: (routes: readonly Route[]) => unknown,
  described: readonly Route[],
  own: readonly Route[],
): Answer {
  return jsonAnswer(200, JSON.stringify(describe([...described, ...own])))
}

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined
  return () => (made ??= { value: make() }).value
}

function docsBelow(
  base: string,
  kind: Pick<OpenRoute, 'cors' | 'tag'>,
  document: () => Answer,
  page: () => Answer,
): OpenRoute[] {
  const documentPath = `${base}/api-docs`
  const location = `docs/index.html?url=${documentPath}`
  const redirect = textAnswer(308, `The documentation is at ${location}`, ['Location', location])
  const open = { ...kind, method: 'GET', auth: 'none' } as const
  return [
    {
      ...open,
      path: documentPath,
      trailingSlash: true,
      summary: 'The API as a Swagger document',
      responses: { 200: 'Document' },
      handle: document,
    },
    {
      ...open,
      path: `${base}/docs`,
      summary: 'Where the documentation is',
      responses: { 308: 'text' },
      handle: () => redirect,
    },
    {
      ...open,
      path: `${base}/docs/index.html`,
      produces: ['text/html'],
      summary: 'The documentation as a page',
      responses: { 200: 'text' },
      handle: page,
    },
  ]
}
