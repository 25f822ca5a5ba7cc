import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { CONTRACT } from '../../contract/contract-rows.ts'
import { runContract } from '../../contract/run-contract.ts'
import { TestController } from '../test-controller.ts'

let controller: TestController

beforeAll(async () => {
  controller = await TestController.start()
})

afterAll(() => controller.stop())

for (const [area, rows] of Object.entries(CONTRACT)) {
  describe(area, () => runContract(rows, () => controller.target))
}

it('the contract has at least 200 rows, each with a name of its own', () => {
  const names = Object.values(CONTRACT).flatMap((rows) => rows.map(({ name }) => name))
  expect(names.length).toBeGreaterThanOrEqual(200)
  expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([])
})
