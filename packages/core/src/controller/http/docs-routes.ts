import { describeApi, describeServer } from './api-description.ts'
import { jsonAnswer, textAnswer, type Answer } from './answer.ts'
import { docsPage } from './docs-page.ts'
import type { OpenRoute, Route } from './route.ts'

/** The documents about the given rows, and the page that shows them. */
export function docsRoutes(described: readonly Route[]): readonly OpenRoute[] {
  const page = docsPage()
  return [
    ...docsBelow('/api/v1', 'rest', JSON.stringify(describeApi(described)), page),
    ...docsBelow('', 'none', JSON.stringify(describeServer(described)), page),
  ]
}

function docsBelow(base: string, cors: OpenRoute['cors'], document: string, page: Answer): OpenRoute[] {
  const documentPath = `${base}/api-docs`
  const documentAnswer = jsonAnswer(200, document)
  const location = `docs/index.html?url=${documentPath}`
  const redirect = textAnswer(308, `The documentation is at ${location}`, ['Location', location])
  const open = { method: 'GET', auth: 'none', cors } as const
  return [
    {
      ...open,
      path: documentPath,
      trailingSlash: true,
      summary: 'The API as a Swagger document',
      responses: { 200: 'none' },
      handle: () => documentAnswer,
    },
    {
      ...open,
      path: `${base}/docs`,
      summary: 'Where the documentation is',
      responses: { 308: 'none' },
      handle: () => redirect,
    },
    {
      ...open,
      path: `${base}/docs/index.html`,
      summary: 'The documentation as a page',
      responses: { 200: 'none' },
      handle: () => page,
    },
  ]
}
