import assert from 'node:assert/strict'
import {
  isPlatformError,
  type CallOptions,
  type CollectedLog,
  type Container,
  type ContainerCapabilities,
  type ContainerExit,
  type ContainerFactory,
  type ContainerOwner,
  type ContainerSpec,
  type ErrorCode,
  type RuntimeReply,
} from '@stemcell/core'
import type { CaseContext, ConformanceCase } from '../kit/conformance-case.ts'

/** What the cases of the ContainerFactory SPI work on. */
export interface ContainerSubject {
  readonly factory: ContainerFactory
  readonly capabilities: ContainerCapabilities
  /** Another, unopened factory on the same engine: stands for another process of the platform. */
  another(): ContainerFactory
  /** What an ordinary container of this factory is made from; it runs Node.js source code. */
  readonly spec: Partial<ContainerSpec>
  /** What this factory cannot run. */
  readonly unsupported: Partial<ContainerSpec>
  open(): Promise<void>
  close(): Promise<void>
}

export type ContainerCase = ConformanceCase<ContainerSubject>

export function ownerOf(context: CaseContext, invoker = 'invoker0'): ContainerOwner {
  return { platform: context.uniqueName, invoker }
}

export function specFor(
  subject: ContainerSubject,
  owner: ContainerOwner,
  extra: Partial<ContainerSpec> = {},
): ContainerSpec {
  return {
    kind: 'nodejs:20',
    image: 'openwhisk/action-nodejs-v20:latest',
    userImage: false,
    memoryMb: 256,
    maxConcurrent: 1,
    environment: {},
    labels: {},
    ...subject.spec,
    ...extra,
    owner,
  }
}

export function callOptions(context: CaseContext, extra: Partial<CallOptions> = {}): CallOptions {
  return { timeoutMs: context.patienceMs, maxReplyBytes: 5_242_880, truncateAtBytes: 1_024, ...extra }
}

/** A container with its action. */
export class RunningAction {
  readonly container: Container
  readonly #context: CaseContext

  constructor(container: Container, context: CaseContext) {
    this.container = container
    this.#context = context
  }

  run(value: object = {}, activationId = 'a1', options: Partial<CallOptions> = {}): Promise<RuntimeReply> {
    const body = JSON.stringify({ value, activation_id: activationId, namespace: 'guest', action_name: '/guest/a' })
    return this.container.run(body, callOptions(this.#context, options))
  }

  /** Runs and expects a 200. */
  async result(value: object = {}, activationId = 'a1'): Promise<Record<string, unknown>> {
    const { status, body } = await this.run(value, activationId)
    assert.equal(status, 200, body)
    return JSON.parse(body) as Record<string, unknown>
  }

  /** The log of one activation, from before it is sent until both streams have ended. */
  async logOf(activationId: string, value: object = {}, limitBytes = 1_048_576): Promise<CollectedLog> {
    const log = this.container.openLog(activationId, { limitBytes })
    await this.result(value, activationId)
    return log.collect({ waitMs: this.#context.patienceMs })
  }
}

export function initBody(code: string, activationId = 'a1'): string {
  const env = { __OW_ACTIVATION_ID: activationId }
  return JSON.stringify({ value: { name: 'a', main: 'main', binary: false, code, env } })
}

/** Makes a container and initialises it with `code`, which defines `main`. */
export async function startAction(
  subject: ContainerSubject,
  context: CaseContext,
  code: string,
  extra: Partial<ContainerSpec> = {},
): Promise<RunningAction> {
  const container = await subject.factory.create(specFor(subject, ownerOf(context), extra))
  const { status, body } = await container.init(initBody(code), callOptions(context))
  assert.equal(status, 200, body)
  return new RunningAction(container, context)
}

/** Fails when `promise` has not settled within the case's patience. */
export async function within<T>(what: string, context: CaseContext, promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`not within ${context.patienceMs} ms: ${what}`)), context.patienceMs)
  })
  try {
    return await Promise.race([promise, late])
  } finally {
    clearTimeout(timer)
  }
}

export function exitOf(container: Container, context: CaseContext): Promise<ContainerExit> {
  return within('the container ended', context, container.exited)
}

export async function rejectsWith(
  context: CaseContext,
  promise: Promise<unknown>,
  ...codes: ErrorCode[]
): Promise<void> {
  await assert.rejects(within('the call failed', context, promise), (error: unknown) => {
    assert.ok(
      codes.some((code) => isPlatformError(error, code)),
      `expected ${codes.join(' or ')}, got ${String(error)}`,
    )
    return true
  })
}

export async function idsOf(factory: ContainerFactory, owner: ContainerOwner): Promise<string[]> {
  return (await factory.list(owner)).map(({ id }) => id).sort()
}
