import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import {
  adapterContext,
  type AdapterContext,
  type CallOptions,
  type Container,
  type ContainerFactory,
  type ContainerSpec,
  type RuntimeReply,
} from '@stemcell/core'
import { processContainers, type ProcessContainersOptions } from '@stemcell/spi-process'

export const OWNER = { platform: 'test', invoker: 'invoker0' }

export function options(extra: Partial<CallOptions> = {}): CallOptions {
  return { timeoutMs: 15_000, maxReplyBytes: 1_048_576, truncateAtBytes: 1_024, ...extra }
}

export function spec(extra: Partial<ContainerSpec> = {}): ContainerSpec {
  return {
    owner: OWNER,
    kind: 'nodejs:20',
    image: 'openwhisk/action-nodejs-v20:latest',
    userImage: false,
    memoryMb: 256,
    maxConcurrent: 1,
    environment: {},
    labels: {},
    ...extra,
  }
}

export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'spi-process-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** An open factory that is closed with the test. */
export async function openFactory(
  settings: ProcessContainersOptions = {},
  context: Partial<AdapterContext> = {},
): Promise<ContainerFactory> {
  const factory = processContainers({ dir: temporaryFolder(), ...settings }).build(adapterContext(context))
  onTestFinished(() => factory.close())
  await factory.open()
  return factory
}

export async function start(
  factory: ContainerFactory,
  code: string,
  extra: Partial<ContainerSpec> = {},
): Promise<Container> {
  const container = await factory.create(spec(extra))
  const { status, body } = await init(container, code)
  if (status !== 200) throw new Error(body)
  return container
}

export function init(container: Container, code: string): Promise<RuntimeReply> {
  return container.init(JSON.stringify({ value: { name: 'a', main: 'main', binary: false, code } }), options())
}

export async function run(container: Container, value: object = {}, id = 'a1'): Promise<Record<string, unknown>> {
  const { body } = await container.run(JSON.stringify({ value, activation_id: id }), options())
  return JSON.parse(body) as Record<string, unknown>
}

/** Processes whose command line or environment contains `text`, this one apart. */
export function processesWith(text: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .filter((name) => [`/proc/${name}/cmdline`, `/proc/${name}/environ`].some((file) => textOf(file).includes(text)))
    .map(Number)
}

export function isAlive(pid: number): boolean {
  const stat = textOf(`/proc/${pid}/stat`)
  if (stat === '') return false
  // The first thread may be a zombie while others still hold what the process had open.
  return !/^\d+ \(.*\) Z/s.test(stat) || threadsOf(pid) > 1
}

function threadsOf(pid: number): number {
  return Number(/^Threads:\s+(\d+)$/m.exec(textOf(`/proc/${pid}/status`))?.[1] ?? 0)
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'latin1')
  } catch {
    // Gone in the meantime, or another user's.
    return ''
  }
}
