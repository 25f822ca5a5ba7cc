import type {
  CallOptions,
  CollectedLog,
  Container,
  ContainerFactory,
  ContainerSpec,
  RuntimeReply,
} from '@stemcell/core'
import { eventually as within } from './eventually.ts'

/** Engines take their time when the machine has other work. */
const PATIENCE_MS = 60_000

export function callOptions(extra: Partial<CallOptions> = {}): CallOptions {
  return { timeoutMs: PATIENCE_MS, maxReplyBytes: 5_242_880, truncateAtBytes: 1_024, ...extra }
}

export function containerSpec(
  given: Pick<ContainerSpec, 'owner' | 'image'>,
  extra: Partial<ContainerSpec> = {},
): ContainerSpec {
  return {
    kind: 'nodejs:20',
    userImage: false,
    memoryMb: 256,
    maxConcurrent: 1,
    environment: {},
    labels: {},
    ...given,
    ...extra,
  }
}

/** Initialises with a program's text; what the runtime says of it is the caller's to judge. */
export function init(container: Container, code: string): Promise<RuntimeReply> {
  return container.init(JSON.stringify({ value: { name: 'a', main: 'main', binary: false, code } }), callOptions())
}

export async function initialise(container: Container, code: string): Promise<void> {
  const { status, body } = await init(container, code)
  if (status !== 200) throw new Error(body)
}

/** A container with its action. */
export async function startAction(factory: ContainerFactory, spec: ContainerSpec, code: string): Promise<Container> {
  const container = await factory.create(spec)
  await initialise(container, code)
  return container
}

/** The result. */
export async function run(
  container: Container,
  value: object = {},
  activationId = 'a1',
): Promise<Record<string, unknown>> {
  const { status, body } = await container.run(JSON.stringify({ value, activation_id: activationId }), callOptions())
  if (status !== 200) throw new Error(`${status}: ${body}`)
  return JSON.parse(body) as Record<string, unknown>
}

/** Initialises with a function body and runs it once. */
export async function answer(container: Container, code: string, value: object = {}): Promise<Record<string, unknown>> {
  await initialise(container, code)
  return run(container, value)
}

/** The log of one run. */
export async function logged(container: Container, activationId: string, value: object = {}): Promise<CollectedLog> {
  const log = container.openLog(activationId, { limitBytes: 1_048_576 })
  await run(container, value, activationId)
  return log.collect({ waitMs: PATIENCE_MS })
}

export const eventually = (what: string, holds: () => boolean | Promise<boolean>): Promise<void> =>
  within(what, holds, PATIENCE_MS)
