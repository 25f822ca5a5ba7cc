import type { CollectedLog, Container, ContainerSpec } from '@stemcell/core'
import { eventually as within } from '../../../test/eventually.ts'
import type { TestCluster } from './cluster.ts'

export const CALL = { timeoutMs: 60_000, maxReplyBytes: 5_242_880, truncateAtBytes: 1_024 }
const PATIENCE_MS = 60_000

export function specOf(cluster: TestCluster, extra: Partial<ContainerSpec> = {}): ContainerSpec {
  return {
    owner: { platform: cluster.platform, invoker: 'invoker0' },
    kind: 'nodejs:20',
    image: cluster.image,
    userImage: false,
    memoryMb: 128,
    maxConcurrent: 1,
    environment: {},
    labels: {},
    ...extra,
  }
}

export async function initialise(container: Container, code: string): Promise<void> {
  const { status, body } = await container.init(
    JSON.stringify({ value: { name: 'a', main: 'main', binary: false, code } }),
    CALL,
  )
  if (status !== 200) throw new Error(body)
}

export async function run(container: Container, value: object = {}, activationId = 'a1'): Promise<unknown> {
  const { status, body } = await container.run(JSON.stringify({ value, activation_id: activationId }), CALL)
  if (status !== 200) throw new Error(`${status}: ${body}`)
  return JSON.parse(body) as unknown
}

/** Initialises with a function body and runs it once. */
export async function answer(container: Container, code: string, value: object = {}): Promise<unknown> {
  await initialise(container, code)
  return run(container, value)
}

export async function logged(container: Container, activationId: string, value: object = {}): Promise<CollectedLog> {
  const log = container.openLog(activationId, { limitBytes: 1_048_576 })
  await run(container, value, activationId)
  return log.collect({ waitMs: PATIENCE_MS })
}

export const eventually = (what: string, holds: () => boolean | Promise<boolean>): Promise<void> =>
  within(what, holds, PATIENCE_MS)
