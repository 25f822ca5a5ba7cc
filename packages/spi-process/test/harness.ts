import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import {
  adapterContext,
  type AdapterContext,
  type Container,
  type ContainerFactory,
  type ContainerSpec,
} from '@stemcell/core'
import { processContainers, type ProcessContainersOptions } from '@stemcell/spi-process'
import { containerSpec, startAction } from '../../../test/action-containers.ts'

export { callOptions as options, init, run } from '../../../test/action-containers.ts'

export const OWNER = { platform: 'test', invoker: 'invoker0' }

export function spec(extra: Partial<ContainerSpec> = {}): ContainerSpec {
  return containerSpec({ owner: OWNER, image: 'openwhisk/action-nodejs-v20:latest' }, extra)
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

export function start(factory: ContainerFactory, code: string, extra: Partial<ContainerSpec> = {}): Promise<Container> {
  return startAction(factory, spec(extra), code)
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
