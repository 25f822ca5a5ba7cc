import { afterAll, beforeAll, describe, it } from 'vitest'
import { REST_CONTRACT, type RestArea } from './rest-contract.ts'
import { RestSuite } from './rest-suite.ts'
import type { RestTarget } from './rest-target.ts'

/**
 * One vitest test for each row; rows that do not apply to the target are skipped with the reason. The target is asked
 * for once, when the first test runs.
 */
export function runRestConformance(
  name: string,
  target: () => RestTarget | Promise<RestTarget>,
  areas: readonly RestArea[] = REST_CONTRACT,
): void {
  describe(`REST conformance: ${name}`, () => {
    let suite: RestSuite
    const skipped: string[] = []
    beforeAll(async () => {
      suite = await RestSuite.connect(await target())
    })
    afterAll(() => {
      for (const line of skipped) process.stdout.write(`skipped ${line}\n`)
    })
    for (const area of areas) {
      describe(`§${area.section} ${area.name}`, () => {
        for (const row of area.rows) {
          it(row.name, async (context) => {
            const reason = suite.skipReason(row)
            if (reason !== undefined) {
              skipped.push(`REST ${name} §${area.section} ${row.name}: ${reason}`)
              context.skip(reason)
            }
            await suite.run(row)
          })
        }
      })
    }
  })
}
