import type { ConformanceSuite } from '../kit/conformance-suite.ts'
import { REST_CONTRACT, type RestArea } from './rest-contract.ts'
import { RestSuite } from './rest-suite.ts'
import type { RestTarget } from './rest-target.ts'

/**
 * One test for each row; rows that do not apply to the target are skipped with the reason. The target is asked for
 * once, before the first test.
 */
export function restConformance(
  name: string,
  target: () => RestTarget | Promise<RestTarget>,
  areas: readonly RestArea[] = REST_CONTRACT,
): ConformanceSuite {
  let connected: RestSuite | undefined
  return {
    name: `REST conformance: ${name}`,
    prepare: async () => {
      connected = await RestSuite.connect(await target())
    },
    tests: [],
    suites: areas.map(({ section, name: area, rows }) => ({
      name: `§${section} ${area}`,
      tests: rows.map((row) => ({
        name: row.name,
        run: async () => {
          const skipped = connected!.skipReason(row)
          if (skipped !== undefined) return { skipped }
          await connected!.run(row)
          return undefined
        },
      })),
    })),
  }
}
