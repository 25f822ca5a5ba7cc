import { afterAll, beforeAll, expect, it } from 'vitest'
import { eventually } from '@stemcell/conformance'
import type { JsonObject } from '../../../src/model/json.ts'
import { annotations, CompositionPlatform, result } from '../invoke/composition-platform.ts'

const PATIENCE = { uniqueName: 'fire-on-platform', patienceMs: 10_000 }
let at: CompositionPlatform

beforeAll(async () => {
  at = await CompositionPlatform.start()
  await at.action('increment', 'return { n: args.n + 1, by: args.by, host: args.__ow_headers.host }')
  await at.action('double', 'return { n: args.n * 2 }')
  await at.sequence('calculate', '/_/increment', '/_/double')
  await request('PUT', 'triggers/t', { parameters: [{ key: 'by', value: 'trigger' }] })
  for (const action of ['increment', 'calculate']) {
    await request('PUT', `rules/to-${action}`, { trigger: '/_/t', action: `/_/${action}` })
  }
})

afterAll(() => at.platform.close())

async function request(method: string, path: string, body: JsonObject): Promise<JsonObject> {
  const response = await at.me.request(method, path, body)
  if (response.status >= 300) throw new Error(`${method} ${path}: ${response.status} ${JSON.stringify(response.body)}`)
  return response.body as JsonObject
}

it('a trigger fires an action and a sequence, and says in its log which activations they are', async () => {
  const { activationId } = await request('POST', 'triggers/t', { n: 3 })
  const record = await at.record(activationId)
  if (!record) throw new Error('no record')
  const lines = (record['logs'] as string[]).map((line) => JSON.parse(line) as JsonObject)
  expect(lines).toMatchObject([
    { statusCode: 0, success: true, rule: 'me/to-increment', action: 'me/increment' },
    { statusCode: 0, success: true, rule: 'me/to-calculate', action: 'me/calculate' },
  ])
  const records: JsonObject[] = []
  for (const line of lines) {
    await eventually('the record of the fired action', PATIENCE, async () => {
      const found = await at.record(line['activationId'])
      if (found) records.push(found)
      return found !== undefined
    })
  }
  const [increment, calculate] = records.map((body) => ({ body, status: 200, headers: {} }))
  expect(result(increment!)).toEqual({ n: 4, by: 'trigger', host: 'embedded' })
  expect(result(calculate!)).toEqual({ n: 8 })
  expect(records.map((found) => found['cause'])).toEqual([undefined, undefined])
  expect(annotations(records[1])['topmost']).toBe(true)
})
