import { afterAll } from 'vitest'
import type { ContractRow } from '@stemcell/conformance/rest'
import { runRestConformance } from '@stemcell/conformance/vitest'
import { OTHER, OWNER, TestController, type TestControllerOptions } from '../test-controller.ts'
import { deploymentRows, kindRows } from './deployment-rows.ts'

const running: TestController[] = []
afterAll(async () => {
  for (const controller of running) await controller.stop()
})

function runWith(name: string, rows: readonly ContractRow[], options: TestControllerOptions): void {
  const start = async (): Promise<TestController['target']> => {
    const controller = await TestController.start(options)
    running.push(controller)
    return controller.target
  }
  runRestConformance(name, start, [{ section: 14, name: 'configuration', rows }])
}

runWith('a deployment', deploymentRows, {})

runWith('a deployment that restricts kinds', kindRows, {
  identities: [{ ...OWNER, limits: { ...OWNER.limits, allowedKinds: ['nodejs:20'] } }, OTHER],
  front: { kindWhitelist: ['shell:1'] },
})
