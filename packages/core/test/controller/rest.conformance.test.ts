import { afterAll, expect, it } from 'vitest'
import { RestPlatform, type RestTarget } from '@stemcell/conformance/rest'
import { runRestConformance } from '@stemcell/conformance/vitest'
import { ResponseValidator } from './http/response-validator.ts'

let platform: RestPlatform
let validator: ResponseValidator
afterAll(() => platform.close())

async function target(): Promise<RestTarget> {
  platform = await RestPlatform.start()
  validator = await ResponseValidator.connect(platform.baseUrl)
  const { baseUrl, owner, other, admit, store } = platform
  return { baseUrl, owner, other, admit, store, observe: validator.observe }
}

runRestConformance('stores in memory, every answer held against the API document', target)

it('the rows succeed at every operation of the document', async () => {
  const document = (await (await fetch(`${platform.baseUrl}/api/v1/api-docs`)).json()) as {
    paths: Record<string, Record<string, { operationId: string; responses: Record<string, unknown> }>>
  }
  const operations = Object.values(document.paths)
    .flatMap((path) => Object.values(path))
    .filter(({ responses }) => !responses['default'])
  const seen = new Set(
    [...validator.seen].filter((what) => / (?:20\d|308)$/.test(what)).map((what) => what.split(' ')[0]),
  )
  // The same operations with a slash at the end of the path are held against the document where rows use them.
  const ids = operations.map(({ operationId }) => operationId).filter((id) => !id.endsWith('Slash'))
  expect(ids.filter((id) => !seen.has(id))).toEqual([])
})
