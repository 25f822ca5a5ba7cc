import { afterAll, beforeAll, describe } from 'vitest'
import { accessRows } from './access-rows.ts'
import { argumentRows } from './argument-rows.ts'
import { bodyRows } from './body-rows.ts'
import { httpRows } from './http-rows.ts'
import { pathRows } from './path-rows.ts'
import { responseRows } from './response-rows.ts'
import { runWebRows } from './run-web-rows.ts'
import { WebPlatform } from './web-platform.ts'

let platform: WebPlatform
beforeAll(async () => {
  platform = await WebPlatform.start()
})
afterAll(() => platform.close())

for (const [what, rows] of Object.entries({
  paths: pathRows,
  arguments: argumentRows,
  bodies: bodyRows,
  responses: responseRows,
  'responses of .http': httpRows,
  access: accessRows,
})) {
  describe(`web actions: ${what}`, () => runWebRows(rows, () => platform))
}
