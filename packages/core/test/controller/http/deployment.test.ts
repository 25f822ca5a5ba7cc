import { afterAll, beforeAll, describe } from 'vitest'
import { runContract } from '../../contract/run-contract.ts'
import type { ContractRow } from '../../contract/contract-row.ts'
import { OTHER, OWNER, TestController, type TestControllerOptions } from '../test-controller.ts'
import { deploymentRows, ownLimitsRows, sequenceRows } from './deployment-rows.ts'

function runWith(area: string, rows: readonly ContractRow[], options: TestControllerOptions): void {
  describe(area, () => {
    let controller: TestController
    beforeAll(async () => {
      controller = await TestController.start(options)
    })
    afterAll(() => controller.stop())
    runContract(rows, () => controller.target)
  })
}

runWith('a deployment', deploymentRows, {})

runWith('a namespace with limits of its own', ownLimitsRows, {
  identities: [
    {
      ...OWNER,
      limits: {
        invocationsPerMinute: 500,
        concurrentInvocations: 7,
        allowedKinds: ['nodejs:20', 'sequence'],
        storeActivations: false,
        minActionMemory: 200,
        maxActionMemory: 300,
        maxActionTimeout: 900_000,
        maxParameterSize: '1 KB',
        maxPayloadSize: '2 KB',
      },
    },
    OTHER,
  ],
  front: { kindWhitelist: ['shell:1'] },
})

runWith('sequences', sequenceRows, {})
